import { DomainError } from '../../../domain/errors.js';
import { HIDDEN_TITLE } from '../../../sessions/session-title.js';
import { requireGivenUp, requireRenamable, type TitleHolder } from '../../../sessions/title-rules.js';
import { unsupportedChange, type SessionChanges } from '../../../sessions/session-query.js';
import type { SessionAccess } from '../../../domain/access.js';
import type { OpenHistory } from '../file/hermes-connection.js';
import type { HistoryMoment, Layout } from '../file/layout.js';
import type { SqliteReader } from '../file/sqlite-reader.js';
import { flagOf, requiredText, textOf } from '../file/values.js';
import { sessionFlag } from '../lineage/session-columns.js';
import {
  chainAncestors,
  chainFamily,
  chainRoot,
  type LineageNode,
  type LineageSource,
} from '../../../sessions/lineage/lineage.js';
import { requireOwnHeirs, requireVisible } from '../../../sessions/lineage/visible-lineage.js';
import { storable } from './storable.js';
import { beingAdded, isBeingAdded } from './unfinished-import.js';

/**
 * Renames, archives, hides, pins, marks as read or ends a session inside a transaction, by Hermes's own rules.
 * @param now epoch seconds: when a session ends, or up to when it is read.
 * @returns the ids of the sessions whose rows were written.
 * @throws {DomainError} `session_not_found`, `title_in_use`, `unsupported_by_store`; `session_busy` while it is being added
 */
export function updateSession(
  history: OpenHistory,
  id: string,
  changes: SessionChanges,
  { access, now }: { readonly access: SessionAccess; readonly now: number },
): readonly string[] {
  const { reader, layout } = history;
  const lineage = history.lineage.now();
  requireVisible(access, lineage, id);
  const node = lineage.node(id);
  if (node === undefined) throw new DomainError('session_not_found');
  if (isBeingAdded(node, now)) throw beingAdded('Nothing was changed; try again in a minute.');
  if (changes.title !== undefined) setTitle(history, lineage, node, changes.title, access);
  const family = chainFamily(lineage, chainRoot(lineage, node)).map((member) => member.id);
  const mark = (field: string, column: string, value: number): void => {
    requireColumn(layout, field, column);
    // On all sessions of a chain, so that no other member makes the conversation reappear.
    for (const member of family) reader.run(`UPDATE sessions SET ${column} = ? WHERE id = ?`, value, member);
  };
  if (changes.archived !== undefined) {
    mark('archived', 'archived', Number(changes.archived));
    if (layout.sessionColumns.has('auto_archived')) forgetWhy(reader, family);
  }
  if (changes.hidden !== undefined) mark('hidden', 'hidden', Number(changes.hidden));
  if (changes.pinned !== undefined) {
    mark('pinned', 'pinned', Number(changes.pinned));
    if (changes.pinned && layout.sessionColumns.has('hidden')) unhide(reader, family);
  }
  if (changes.unread !== undefined) mark('unread', 'last_read_at', changes.unread ? 0 : now);
  if (changes.endReason === 'compression') requireOwnHeirs(access, lineage, node);
  if (changes.endReason !== undefined) endSession(reader, id, changes.endReason, changes.endedAt ?? now);
  return [...family, id];
}

/** Only the first end of a session counts: its reason decides how the session relates to others. */
export function endSession(reader: SqliteReader, id: string, reason: string, now: number): void {
  const sql = 'UPDATE sessions SET ended_at = ?, end_reason = ? WHERE id = ? AND ended_at IS NULL';
  reader.run(sql, now, storable(reason), id);
}

/** A title is unique among all sessions: its holder gives it up, or the change is refused. */
function setTitle(
  history: OpenHistory,
  lineage: LineageSource,
  node: LineageNode,
  title: string | null,
  access: SessionAccess,
): void {
  const present = textOf(history.reader.value('SELECT title FROM sessions WHERE id = ?', node.id));
  requireRenamable({ title: present, hidden: node.hidden });
  if (title !== null) {
    const ancestors = chainAncestors(lineage, node);
    const holders = holdersOf(history, lineage, title, node.id);
    requireGivenUp(holders, {
      title,
      access,
      isHidden: node.hidden,
      isAncestor: ({ id }) => ancestors.has(id),
    });
    for (const { id } of holders) writeTitle(history, id, null);
  }
  writeTitle(history, node.id, title);
}

/** Other sessions with a title; at most one if the unique index on titles is intact. */
function holdersOf(
  { reader, layout }: HistoryMoment,
  lineage: LineageSource,
  title: string,
  id: string,
): readonly TitleHolder[] {
  return reader
    .all(
      `SELECT s.id, s.source, ${sessionFlag(layout, 'archived')} AS archived, ${sessionFlag(layout, 'hidden')} AS hidden
        FROM sessions s WHERE s.title = ? AND s.id <> ?`,
      title,
      id,
    )
    .map((row) => ({
      id: requiredText(row, 'id'),
      source: requiredText(row, 'source'),
      userId: lineage.node(requiredText(row, 'id'))?.userId ?? null,
      archived: flagOf(row.archived),
      hidden: flagOf(row.hidden),
    }));
}

function writeTitle({ reader, layout }: HistoryMoment, id: string, title: string | null): void {
  reader.run('UPDATE sessions SET title = ? WHERE id = ?', title, id);
  if (!layout.sessionColumns.has('title_source')) return;
  const source = title === null ? null : 'user';
  reader.run('UPDATE sessions SET title_source = ? WHERE id = ?', source, id);
}

/** @throws {DomainError} `unsupported_by_store` */
function requireColumn({ sessionColumns }: Layout, field: string, column: string): void {
  if (!sessionColumns.has(column)) throw unsupportedChange(field);
}

/** Clears the mark of automatic archiving: new activity unarchives only what Hermes archived by itself. */
function forgetWhy(reader: SqliteReader, ids: readonly string[]): void {
  for (const id of ids) reader.run('UPDATE sessions SET auto_archived = 0 WHERE id = ?', id);
}

/** Shows what is pinned, except the one conversation that Hermes itself hides by its title. */
function unhide(reader: SqliteReader, ids: readonly string[]): void {
  const sql = 'UPDATE sessions SET hidden = 0 WHERE id = ? AND hidden <> 0 AND title IS NOT ?';
  for (const id of ids) reader.run(sql, id, HIDDEN_TITLE);
}
