import type { HostMessage, HostSession, MessageMark } from '../stores/hermes/outgoing/host-session.js';
import type { IncomingMessage, IncomingSession } from '../stores/postgres/incoming/upload.js';
import { MESSAGE_STATE } from '../stores/postgres/schema/entities.js';

/** Bytes of an id that an index takes. */
const LONGEST_ID = 1000;

/** Whether a session can be sent: an index takes no endless ids. */
export function isSendable({ fact }: HostSession): boolean {
  return Buffer.byteLength(fact.id) <= LONGEST_ID;
}

/** A session as the database takes it in. */
export function toIncomingSession(
  { fact, digest, delegateFrom, fingerprint }: HostSession,
  storedBytes: number,
): IncomingSession {
  const { rowid: _rowid, inactiveMessages: _inactive, ...row } = fact;
  return { ...row, ...digest, delegateFrom, fingerprint, storedBytes };
}

/** A message as the database takes it in. */
export function toIncomingMessage({ mark, ...message }: HostMessage): IncomingMessage {
  return { ...message, state: stateOf(mark), bytes: mark.bytes };
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
    (mark.isContentAlone ? MESSAGE_STATE.contentAlone : 0)
  );
}
