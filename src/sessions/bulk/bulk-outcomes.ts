import { toApiError } from '../../http/errors.js';
import type { BulkOutcomeResponse } from '../dto/bulk-sessions.response.js';
import { mayKnow, type SessionAccess, type SessionOwner } from '../../domain/access.js';
import type { BulkOutcome } from './session-bulk.js';

/** The ids of the visible sessions; a caller may not see some of their delegates, which often have no owner. */
export function knownIds(
  sessions: readonly (SessionOwner & { readonly id: string })[],
  access: SessionAccess,
): readonly string[] {
  return sessions.filter((session) => mayKnow(access, session)).map(({ id }) => id);
}

/** An outcome in the form of the API. */
export function toOutcome(outcome: BulkOutcome, access: SessionAccess): BulkOutcomeResponse {
  const { id } = outcome;
  switch (outcome.kind) {
    case 'changed':
      return { id, ok: true };
    case 'deleted':
      return {
        id,
        ok: true,
        deleted_session_ids: knownIds(outcome.deleted, access),
        ...(outcome.trashId === undefined ? {} : { trash_id: outcome.trashId }),
      };
    case 'refused':
      return { id, ok: false, error: toApiError(outcome.reason).toEnvelope().error };
  }
}
