import { DomainError } from '../../../domain/errors.js';
import type { LineageNode } from '../../../sessions/lineage/lineage.js';
import { mayKnow, type SessionAccess } from '../../../domain/access.js';
import { UNFINISHED } from '../../../sessions/session-import.js';
import type { OpenHistory } from '../file/hermes-connection.js';

/** Seconds without a new message after which an addition counts as abandoned. */
export const ABANDONED = 60;

/** Who may remove the remains of an interrupted addition, and when. */
export interface TakingOut {
  readonly access: SessionAccess;
  /** Epoch seconds. */
  readonly now: number;
}

/** Whether somebody is adding a session, or did so until a moment ago. */
export function isBeingAdded({ endReason, endedAt }: LineageNode, now: number): boolean {
  return endReason === UNFINISHED && endedAt !== null && endedAt > now - ABANDONED;
}

/**
 * The refusal to change a session that is being added: its row is written again after its last message, which would silently undo the change.
 * @param advice what was not done, and what to do.
 */
export function beingAdded(advice: string): DomainError {
  const message = `Only a part of the session is there: it is being added, or that ended half-way. ${advice}`;
  return new DomainError('session_busy', { message });
}

/** Which of some sessions are only partly there, among those that the caller may know of. */
export function onlyInPart(
  { reader, lineage }: OpenHistory,
  ids: readonly string[],
  access: SessionAccess,
): readonly string[] {
  const nodes = lineage.now();
  return ids.filter((id) => {
    const sql = 'SELECT 1 FROM sessions WHERE id = ? AND end_reason = ?';
    const node = nodes.node(id);
    return node !== undefined && mayKnow(access, node) && reader.get(sql, id, UNFINISHED) !== undefined;
  });
}

/** Whether a session is only partly there, abandoned, and known to the caller: adding it again starts over. */
export function isAbandoned(
  { reader, lineage }: OpenHistory,
  id: string,
  { access, now }: TakingOut,
): boolean {
  const sql = 'SELECT 1 FROM sessions WHERE id = ? AND end_reason = ? AND ended_at <= ?';
  if (reader.get(sql, id, UNFINISHED, now - ABANDONED) === undefined) return false;
  const node = lineage.now().node(id);
  return node !== undefined && mayKnow(access, node);
}
