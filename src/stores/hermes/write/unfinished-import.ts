import { DomainError } from '../../../domain/errors.js';
import type { LineageNode } from '../../../sessions/lineage/lineage.js';
import { mayKnow, type SessionAccess } from '../../../sessions/session-access.js';
import { UNFINISHED } from '../../../sessions/session-import.js';
import type { OpenHistory } from '../file/hermes-connection.js';

/** After so many seconds without another message, nobody goes on with it any more. */
export const ABANDONED = 60;

/** Who may take out what is left of an addition that ended half-way, and when. */
export interface TakingOut {
  readonly access: SessionAccess;
  /** Epoch seconds. */
  readonly now: number;
}

/** Whether somebody is adding a session, or was until a moment ago. */
export function isBeingAdded({ endReason, endedAt }: LineageNode, now: number): boolean {
  return endReason === UNFINISHED && endedAt !== null && endedAt > now - ABANDONED;
}

/**
 * Why a session stays as it is that is being added: whoever adds it writes its row anew once its last message is there, so that any change
 * would be undone without a word.
 * @param advice what was not done, and what to do.
 */
export function beingAdded(advice: string): DomainError {
  const message = `Only a part of the session is there: it is being added, or that ended half-way. ${advice}`;
  return new DomainError('session_busy', { message });
}

/** Those of some sessions that are only there in part, and that somebody may know of. */
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

/** Whether a session is only there in part, nobody goes on with it, and somebody may know of it: it is begun anew where they add it again. */
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
