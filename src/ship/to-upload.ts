import type { HostSession } from '../stores/hermes/outgoing/host-session.js';
import type { IncomingSession } from '../stores/postgres/incoming/upload.js';
import { USAGE_BOUND } from '../stores/read-model/usage-bound.js';

/** Bytes of an id that an index takes. */
const LONGEST_ID = 1000;

/** Whether a session can be sent: an index takes no endless ids. */
export function isSendable({ fact }: HostSession): boolean {
  return isSendableId(fact.id);
}

/** Why a session is not sent whose id is none that {@link isSendable} takes. */
export const UNSENDABLE_ID = 'its id is too long';

/** Whether an index takes an id. */
export function isSendableId(id: string): boolean {
  return Buffer.byteLength(id) <= LONGEST_ID;
}

/** A session as the database takes it in. What it has more than its row there is not written. */
export function toIncomingSession(
  { fact, digest, fingerprint }: HostSession,
  storedBytes: number,
): IncomingSession {
  return {
    ...fact,
    ...digest,
    fingerprint,
    storedBytes,
    inputTokens: usageOf(fact.inputTokens),
    outputTokens: usageOf(fact.outputTokens),
    cacheReadTokens: usageOf(fact.cacheReadTokens),
    cacheWriteTokens: usageOf(fact.cacheWriteTokens),
    reasoningTokens: usageOf(fact.reasoningTokens),
    estimatedCost: usageOf(fact.estimatedCost),
    actualCost: usageOf(fact.actualCost),
  };
}

/** What nobody can add up is as unknown as a time that nobody can tell. */
function usageOf(value: number | null): number | null {
  return value !== null && Math.abs(value) <= USAGE_BOUND ? value : null;
}
