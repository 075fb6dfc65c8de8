import { DomainError } from '../domain/errors.js';
import type { SessionDetail } from '../domain/session.js';
import { entityTag, isNamedBy } from '../http/entity-tag.js';
import { toSessionDetailResponse } from './session-presenter.js';
import type { SessionPrecondition } from './sessions.repository.js';

/**
 * A precondition that requires one of the entity tags in an `If-Match` header.
 * @param form the representation that the tags belong to: the answer of the reading route of the same API.
 * @returns undefined without that header; the precondition throws `precondition_failed`.
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
