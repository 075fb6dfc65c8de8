import { ApiError } from '../../../http/errors.js';
import { queueDeletion } from '../commands/command-queue.js';
import { fromStored, toStored } from '../schema/stored-text.js';
import type { StoredSession } from './derivation.js';
import type { HistoryChange } from './history-change.js';

/**
 * Deletes sessions, their messages and their delegates by Hermes's own rules, and has their origin do the same; other children
 * become roots.
 * @param now epoch seconds.
 * @returns ids of all sessions that were deleted, the named ones first.
 * @throws {ApiError} `session_not_found`, `tokenizer_unavailable`, `session_busy`; then nothing has been changed.
 */
export async function deleteSessions(
  change: HistoryChange,
  ids: readonly string[],
  { force, now }: { readonly force: boolean; readonly now: number },
): Promise<readonly string[]> {
  await requireAll(change, ids);
  if (!change.history.canDelete) throw new ApiError('tokenizer_unavailable');
  const deleted = await withDelegates(change, ids);
  if (!force && (await isBusy(change, deleted, now))) throw new ApiError('session_busy');
  await removeSessions(change, deleted, await orphansOf(change, deleted));
  await bury(change, deleted);
  await queueDeletion(change, ids, force);
  return deleted;
}

/** Takes sessions out of the database with everything that is theirs. */
export async function removeSessions(
  change: HistoryChange,
  ids: readonly string[],
  orphans: readonly StoredSession[] = [],
): Promise<void> {
  if (ids.length === 0) return;
  const { manager, historyId } = change;
  const key = [historyId, ids.map(toStored)];
  await manager.query(
    `DELETE FROM session_words WHERE history_id = $1 AND session_number IN (
      SELECT number FROM sessions WHERE history_id = $1 AND id = ANY($2))`,
    key,
  );
  await manager.query('DELETE FROM messages WHERE history_id = $1 AND session_id = ANY($2)', key);
  await change.write({ written: orphans, removed: ids });
}

/** The children of sessions that go, as roots. */
async function orphansOf(change: HistoryChange, ids: readonly string[]): Promise<readonly StoredSession[]> {
  const lineage = await change.lineageAround(ids);
  const gone = new Set(ids);
  return [...lineage.sessions]
    .filter(({ id, parentId }) => parentId !== null && gone.has(parentId) && !gone.has(id))
    .map((session) => ({ ...session, parentId: null }));
}

/** Remembers that sessions are gone for good, whatever their origin still has. */
async function bury({ manager, historyId }: HistoryChange, ids: readonly string[]): Promise<void> {
  await manager.query(
    'INSERT INTO tombstones (history_id, session_id) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING',
    [historyId, ids.map(toStored)],
  );
}

async function requireAll({ manager, historyId }: HistoryChange, ids: readonly string[]): Promise<void> {
  const [{ found }] = await manager.query<[{ found: number }]>(
    'SELECT count(*) AS found FROM sessions WHERE history_id = $1 AND id = ANY($2)',
    [historyId, ids.map(toStored)],
  );
  if (found < new Set(ids).size) throw new ApiError('session_not_found');
}

/** Rows that worked for a session: marked with its id, or marked at all and its children; and theirs in turn. */
async function withDelegates(
  { manager, historyId }: HistoryChange,
  ids: readonly string[],
): Promise<readonly string[]> {
  const found = new Set(ids.map(toStored));
  for (let owners = [...found]; owners.length > 0;) {
    const delegates = await manager.query<{ id: string }[]>(
      `SELECT id FROM sessions WHERE history_id = $1 AND octet_length(delegate_from) <= 1000 AND delegate_from = ANY($2)
        UNION SELECT id FROM sessions WHERE history_id = $1 AND octet_length(parent_session_id) <= 1000 AND parent_session_id = ANY($2) AND delegate_from IS NOT NULL`,
      [historyId, owners],
    );
    owners = delegates.map(({ id }) => id).filter((id) => !found.has(id));
    for (const id of owners) found.add(id);
  }
  return [...found].map(fromStored);
}

/** An unexpired lease says that an agent is in the middle of a session: its own, or that of its chain's root. */
async function isBusy(
  { manager, historyId }: HistoryChange,
  ids: readonly string[],
  now: number,
): Promise<boolean> {
  const held = await manager.query<unknown[]>(
    `SELECT 1 FROM leases WHERE history_id = $1 AND expires_at > $3 AND session_id IN (
        SELECT unnest($2::text[])
        UNION SELECT root_id FROM sessions WHERE history_id = $1 AND id = ANY($2)) LIMIT 1`,
    [historyId, ids.map(toStored), now],
  );
  return held.length > 0;
}
