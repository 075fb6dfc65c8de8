import type { HostMessage, HostSession, MessageMark } from '../stores/hermes/outgoing/host-session.js';
import type { IncomingMessage, IncomingSession } from '../stores/postgres/incoming/upload.js';
import { MESSAGE_STATE } from '../stores/postgres/schema/message-state.js';
import { USAGE_BOUND } from '../stores/postgres/schema/usage-bound.js';

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

/** A message as the database takes it in. Field by field: a rest costs many times as much, for each of millions. */
export function toIncomingMessage(message: HostMessage): IncomingMessage {
  const { mark } = message;
  return {
    id: message.id,
    state: stateOf(mark),
    role: message.role,
    content: message.content,
    toolCallId: message.toolCallId,
    toolCalls: message.toolCalls,
    toolName: message.toolName,
    reasoning: message.reasoning,
    finishReason: message.finishReason,
    tokenCount: message.tokenCount,
    timestamp: message.timestamp,
    bytes: mark.bytes,
    place: mark.place,
  };
}

/** What decides about a message, as the bits that the database keeps. */
export function stateOf(mark: MessageMark): number {
  return (
    (mark.isShown ? MESSAGE_STATE.shown : 0) |
    (mark.isDisplayed ? MESSAGE_STATE.displayed : 0) |
    (mark.isKept ? MESSAGE_STATE.kept : 0) |
    (mark.isActive ? MESSAGE_STATE.active : 0) |
    (mark.isInParts ? MESSAGE_STATE.inParts : 0) |
    (mark.isCut ? MESSAGE_STATE.cut : 0) |
    (mark.isContentAlone ? MESSAGE_STATE.contentAlone : 0) |
    (mark.isTooLarge ? MESSAGE_STATE.tooLarge : 0) |
    MESSAGE_STATE.splitByScript
  );
}
