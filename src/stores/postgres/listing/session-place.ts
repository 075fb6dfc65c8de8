import type { EntityManager } from 'typeorm';
import { DomainError } from '../../../domain/errors.js';
import type { SessionAccess } from '../../../domain/access.js';
import { queryNamed } from '../connection/named-query.js';
import { accessConditions } from '../../read-model/conditions.js';
import { allOf, together } from '../../read-model/sql-piece.js';
import { POSTGRES } from '../schema/postgres-dialect.js';
import { toStored } from '../schema/stored-text.js';
import type { SessionPlace } from './session-detail.js';

interface PlaceRow {
  readonly history_id: number;
  readonly profile: string;
  readonly origin: string;
}

/**
 * The one history that has a session.
 * @throws {DomainError} `session_not_found`, `ambiguous_session`
 */
export async function findSession(
  manager: EntityManager,
  id: string,
  access: SessionAccess,
): Promise<SessionPlace> {
  const where = allOf(accessConditions(POSTGRES, access, 'row'));
  const places = await queryNamed<PlaceRow>(
    manager,
    `SELECT h.id AS history_id, h.profile, h.origin FROM histories h JOIN sessions e ON e.history_id = h.id AND e.id = :id
      WHERE ${where.sql} ORDER BY h.origin, h.profile`,
    together(where.parameters, { id: toStored(id) }),
  );
  const [place] = places;
  if (place === undefined) throw new DomainError('session_not_found');
  if (places.length > 1) throw ambiguous(places);
  const { history_id: historyId, profile, origin } = place;
  return { historyId, history: { profile, origin } };
}

function ambiguous(places: readonly PlaceRow[]): DomainError {
  const isOneHost = new Set(places.map(({ origin }) => origin)).size === 1;
  const names = places.map(({ origin, profile }) => (isOneHost ? profile : `${profile} on ${origin}`));
  return new DomainError('ambiguous_session', {
    param: isOneHost ? 'profile' : 'origin',
    message: `Several histories have a session with this id: ${names.join(', ')}. Say which with ${isOneHost ? 'profile' : 'origin and profile'}.`,
  });
}
