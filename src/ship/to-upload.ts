import { byName } from '../domain/by-name.js';
import { USAGE_NAMES } from '../domain/session.js';
import type { HostSession } from '../stores/hermes/outgoing/host-session.js';
import type { IncomingSession } from '../stores/postgres/incoming/upload.js';
import { USAGE_BOUND } from '../stores/read-model/usage-bound.js';

/** Most bytes of an id that fit into an index. */
const LONGEST_ID = 1000;

/** Whether a session can be sent: the index limits the length of ids. */
export function isSendable({ fact }: HostSession): boolean {
  return isSendableId(fact.id);
}

/** Why a session with an id that {@link isSendable} rejects is not sent. */
export const UNSENDABLE_ID = 'its id is too long';

/** Whether an id fits into an index. */
export function isSendableId(id: string): boolean {
  return Buffer.byteLength(id) <= LONGEST_ID;
}

/** A session in the form for the database. Extra properties are not stored. */
export function toIncomingSession(
  { fact, digest, fingerprint }: HostSession,
  storedBytes: number,
): IncomingSession {
  return {
    ...fact,
    ...digest,
    fingerprint,
    storedBytes,
    ...byName(USAGE_NAMES, (name) => usageOf(fact[name])),
  };
}

/** A value that cannot be summed counts as unknown. */
function usageOf(value: number | null): number | null {
  return value !== null && Math.abs(value) <= USAGE_BOUND ? value : null;
}
