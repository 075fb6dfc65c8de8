import { DomainError } from '../domain/errors.js';
import type { SessionDetail } from '../domain/session.js';
import { entityTag, isNamedBy } from '../http/entity-tag.js';
import { toSessionDetailResponse } from './session-presenter.js';
import type { SessionPrecondition } from './sessions.repository.js';

/**
 * Lets a change of a session through only while it has one of the tags that an `If-Match` header names.
 * @param form what the tags are of: the session as the reading route of the same family answers it.
 * @returns undefined where there is no such header; what it throws is `precondition_failed`.
 */
export function unchangedSince(
  ifMatch: string | undefined,
  form: (session: SessionDetail) => object = toSessionDetailResponse,
): SessionPrecondition | undefined {
  if (ifMatch === undefined) return undefined;
  return (current) => {
    if (!isNamedBy(ifMatch, entityTag(JSON.stringify(form(current)))))
      throw new DomainError('precondition_failed');
  };
}
