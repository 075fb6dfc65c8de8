import { DomainError } from '../../../domain/errors.js';
import { epochSeconds } from '../../../domain/instant.js';
import { chainRoot, conversationIds } from '../../../sessions/lineage/lineage.js';
import { requireVisible } from '../../../sessions/lineage/visible-lineage.js';
import type { TakenSession } from '../../../sessions/trash/kept-session.js';
import type { SessionAccess, SessionOwner } from '../../../domain/access.js';
import type { TakeOptions } from '../../../sessions/bulk/session-bulk.js';
import type { OpenHistory } from '../file/hermes-connection.js';
import { isTooLargeSql } from '../file/readable-size.js';
import { quotedName } from '../file/stored-rows.js';
import { countOf, textOf } from '../file/values.js';
import { SessionDeletions } from './session-deletion.js';

/** What is deleted along with a session. */
interface Taken {
  readonly sessions: readonly TakenSession[];
  /** The first title among the named sessions. The owner is that of their chain's root, if it is one of them. */
  readonly title: string | null;
  readonly owner: SessionOwner;
  /** By Hermes's own counts. */
  readonly messageCount: number;
}

/**
 * What a deletion would delete.
 * @throws {DomainError} as the deletion would; with `onlyRead`, only `session_not_found` and `message_too_large`.
 */
export function readTaken(
  history: OpenHistory,
  id: string,
  { force, lineage: isWhole, onlyRead = false }: TakeOptions,
  access: SessionAccess,
): Taken {
  const { reader } = history;
  const lineage = history.lineage.now();
  requireVisible(access, lineage, id);
  const rules = { access, force, now: epochSeconds() };
  const deletions = new SessionDeletions(history, rules);
  const ids = isWhole ? conversationIds(lineage, id) : [id];
  const { named, delegates } = onlyRead ? deletions.belonging(ids) : deletions.going(ids);
  const sessions = [
    ...named.map(({ id: one, source, userId }) => ({ id: one, source, userId, isDelegate: false })),
    ...delegates.map(({ id: one, source, userId }) => ({ id: one, source, userId, isDelegate: true })),
  ];
  if (sessions.some((session) => hasUnreadable(history, session.id)))
    throw new DomainError('message_too_large');
  const rows = sessions.map((session) => ({
    ...session,
    row: reader.get('SELECT title, message_count FROM sessions WHERE id = ?', session.id),
  }));
  const [first] = named;
  const root = first === undefined ? undefined : chainRoot(lineage, first);
  const owner = named.find(({ id: one }) => one === root?.id) ?? first ?? sessions[0];
  if (owner === undefined) throw new DomainError('session_not_found');
  return {
    sessions,
    owner: { source: owner.source, userId: owner.userId },
    title: rows.flatMap(({ isDelegate, row }) => (isDelegate ? [] : (textOf(row?.title) ?? [])))[0] ?? null,
    messageCount: rows.reduce((sum, { row }) => sum + countOf(row?.message_count), 0),
  };
}

/** Whether a session has a message too large to be kept. Reads little: SQLite stores the lengths of values at the beginning of their row. */
function hasUnreadable({ reader, layout }: OpenHistory, id: string): boolean {
  const isTooLarge = isTooLargeSql([...layout.messageColumns].map(quotedName));
  return (
    reader.get(`SELECT 1 FROM messages WHERE session_id = ? AND ${isTooLarge} LIMIT 1`, id) !== undefined
  );
}
