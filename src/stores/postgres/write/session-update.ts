import { defined } from '../../../domain/defined.js';
import { DomainError } from '../../../domain/errors.js';
import { chainAncestors, chainFamily, chainRoot } from '../../../sessions/lineage/lineage.js';
import { requireOwnHeirs, requireVisible } from '../../../sessions/lineage/visible-lineage.js';
import { HIDDEN_TITLE } from '../../../sessions/session-title.js';
import { requireGivenUp, requireRenamable } from '../../../sessions/title-rules.js';
import { foldText } from '../../../sessions/search/search-text.js';
import type { SessionAccess } from '../../../domain/access.js';
import { unsupportedChange, type SessionChanges } from '../../../sessions/session-query.js';
import { queueUpdate } from '../commands/command-queue.js';
import { fromStored, toStored } from '../schema/stored-text.js';
import type { StoredLineage, StoredSession } from './derivation.js';
import type { HistoryChange } from './history-change.js';

/**
 * Renames, archives, pins or ends a session by Hermes's own rules, and queues the change for its origin.
 * @param now epoch seconds; the end time if the session is ended.
 * @throws {DomainError} `session_not_found`, `title_in_use`, `unsupported_by_store`; then nothing has been changed.
 */
export async function updateSession(
  change: HistoryChange,
  id: string,
  changes: SessionChanges,
  { access, now }: { readonly access: SessionAccess; readonly now: number },
): Promise<void> {
  const lineage = await change.lineageAround([id]);
  requireVisible(access, lineage, id);
  const session = lineage.node(id);
  if (session === undefined) throw new DomainError('session_not_found');
  change.requireChangeable();
  if (changes.title !== undefined) requireRenamable(session);
  const untitled =
    changes.title == null ? [] : await titleHolders(change, session, changes.title, { lineage, access });
  requireSupported(changes, change.history);
  const family = familyOf(lineage, session);
  const flagged = changes.archived === undefined && changes.pinned === undefined ? [] : family;
  const written = new Map<string, StoredSession>();
  const touch = (target: string, fieldsOf: (row: StoredSession) => Partial<StoredSession>): void => {
    const row = written.get(target) ?? lineage.node(target);
    if (row !== undefined) written.set(target, { ...row, ...fieldsOf(row) });
  };
  for (const holder of untitled) written.set(holder.id, { ...holder, ...titleFields(null) });
  const { title } = changes;
  if (title !== undefined) touch(id, () => titleFields(title));
  for (const member of flagged) touch(member, (row) => flagFields(changes, row));
  // Only the first end of a session counts.
  const endReason = session.endedAt === null ? changes.endReason : undefined;
  if (endReason === 'compression') requireOwnHeirs(access, lineage, session);
  if (endReason !== undefined) touch(id, () => ({ endedAt: now, endReason }));
  await change.write({ written: [...written.values()] });
  await queueUpdate(change, {
    sessionId: id,
    changes: { ...changes, endReason, endedAt: endReason === undefined ? undefined : now },
    baseTitle: session.title,
    flagged,
    untitled: untitled.map((holder) => holder.id),
  });
}

/**
 * Hidden and unread can only be changed at the agent.
 * @throws {DomainError} `unsupported_by_store`
 */
function requireSupported(
  { archived, pinned, hidden, unread }: SessionChanges,
  { canArchive, canPin }: HistoryChange['history'],
): void {
  if (archived !== undefined && !canArchive) throw unsupportedChange('archived');
  if (pinned !== undefined && !canPin) throw unsupportedChange('pinned');
  if (hidden !== undefined) throw unsupportedChange('hidden');
  if (unread !== undefined) throw unsupportedChange('unread');
}

/** A title and its form for searches. */
export function titleFields(title: string | null): Pick<StoredSession, 'title' | 'foldedTitle'> {
  return { title, foldedTitle: title === null ? null : foldText(title) };
}

/** The flags that a change sets on a session. Pinning unhides it, except for the one conversation that Hermes itself hides by its title. */
export function flagFields(
  { archived, pinned }: SessionChanges,
  { title, hidden }: StoredSession,
): Partial<StoredSession> {
  return {
    ...defined({ archived, pinned }),
    ...(pinned === true ? { hidden: hidden && title === HIDDEN_TITLE } : {}),
  };
}

/**
 * The sessions that give up a title.
 * @throws {DomainError} `title_in_use` if one keeps it.
 */
async function titleHolders(
  change: HistoryChange,
  session: StoredSession,
  title: string,
  { lineage, access }: { readonly lineage: StoredLineage; readonly access: SessionAccess },
): Promise<readonly StoredSession[]> {
  const { manager, historyId } = change;
  const found = await manager.query<{ id: string }[]>(
    'SELECT id FROM sessions WHERE md5(title) = md5($2) AND title = $2 AND history_id = $1 AND id <> $3',
    [historyId, toStored(title), toStored(session.id)],
  );
  if (found.length === 0) return [];
  const around = await change.lineageAround(found.map(({ id }) => fromStored(id)));
  const holders = found.flatMap(({ id }) => around.node(fromStored(id)) ?? []);
  const ancestors = chainAncestors(lineage, session);
  requireGivenUp(holders, {
    title,
    access,
    isHidden: session.hidden,
    isAncestor: ({ id }) => ancestors.has(id),
  });
  return holders;
}

function familyOf(lineage: StoredLineage, session: StoredSession): readonly string[] {
  const family = chainFamily(lineage, chainRoot(lineage, session)).map(({ id }) => id);
  return [...new Set([...family, session.id])];
}
