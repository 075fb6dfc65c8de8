import { DomainError } from '../../../domain/errors.js';
import type { DeletionConditions } from '../../../sessions/deletion-conditions.js';
import { mayTake, type SessionAccess } from '../../../domain/access.js';
import type { DeletedSession } from '../../../sessions/bulk/session-bulk.js';
import { queueDeletion } from '../commands/command-queue.js';
import { toStored } from '../schema/stored-text.js';
import { readDelegatesOf } from './delegations.js';
import type { StoredSession } from './derivation.js';
import type { HistoryChange } from './history-change.js';

/** How sessions are deleted. */
export interface DeletionRules {
  /** Whose sessions may be deleted. */
  readonly access: SessionAccess;
  /** Whether to ignore an agent's lease. */
  readonly force: boolean;
  /** What must hold for the deleted sessions; the origin checks it again. */
  readonly conditions?: DeletionConditions;
}

/**
 * Deletes sessions, their messages and their delegates by Hermes's own rules, and queues the deletion for their origin. Other children
 * become roots.
 * @param found the delegates, if they have been read in this transaction.
 * @returns all deleted sessions, the named ones first.
 * @throws {DomainError} `session_not_found`, also if a delegate is somebody else's; `unsupported_by_store`; `tokenizer_unavailable`;
 *   `session_busy`; `store_unavailable` if a whole conversation is to be deleted from a history that has not fully arrived;
 *   `plan_changed` if a session that must be empty is not known to be. Then nothing has been changed.
 */
export async function deleteSessions(
  change: HistoryChange,
  ids: readonly string[],
  { access, force, conditions = {} }: DeletionRules,
  found?: readonly StoredSession[],
): Promise<readonly DeletedSession[]> {
  const named = await requireAll(change, ids);
  change.requireChangeable();
  if (conditions.whole === true) change.requireArrived();
  if (!change.history.canDelete) throw new DomainError('tokenizer_unavailable');
  const delegates = found ?? (await readDelegatesOf(change, ids));
  if (!delegates.every((delegate) => mayTake(access, delegate))) throw new DomainError('session_not_found');
  const going = [...named, ...delegates];
  // In a history that is still arriving, messages may be missing.
  if (conditions.onlyEmpty === true && !(change.history.isLoaded && going.every(isEmpty)))
    throw new DomainError('plan_changed');
  const goingIds = going.map(({ id }) => id);
  if (!force && (await isBusy(change, goingIds))) throw new DomainError('session_busy');
  await removeSessions(change, goingIds, await orphansOf(change, goingIds));
  await bury(change, going);
  await queueDeletion(change, { ids, deleted: goingIds, force, conditions });
  return going.map(({ id, source, userId }) => ({ id, source, userId }));
}

/** Removes sessions with all their data from the database. */
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

/** The children of deleted sessions, as roots. */
async function orphansOf(change: HistoryChange, ids: readonly string[]): Promise<readonly StoredSession[]> {
  const lineage = await change.lineageAround(ids);
  const gone = new Set(ids);
  return (
    [...lineage.sessions]
      .filter(({ id, parentId }) => parentId !== null && gone.has(parentId) && !gone.has(id))
      // The empty fingerprint makes the origin send them again if it refuses the deletion, and so keeps their parent.
      .map((session) => ({ ...session, parentId: null, fingerprint: '' }))
  );
}

/** Records that sessions are deleted for good, whatever their origin still has, and when they had started. */
async function bury(
  { manager, historyId }: HistoryChange,
  sessions: readonly Pick<StoredSession, 'id' | 'startedAt'>[],
): Promise<void> {
  await manager.query(
    `INSERT INTO tombstones (history_id, session_id, started_at)
      SELECT $1, id, started_at FROM unnest($2::text[], $3::double precision[]) AS b(id, started_at) ON CONFLICT DO NOTHING`,
    [historyId, sessions.map(({ id }) => toStored(id)), sessions.map(({ startedAt }) => startedAt)],
  );
}

/** @throws {DomainError} `session_not_found` */
async function requireAll(change: HistoryChange, ids: readonly string[]): Promise<readonly StoredSession[]> {
  const lineage = await change.lineageAround(ids);
  return [...new Set(ids)].map((id) => {
    const session = lineage.node(id);
    if (session === undefined) throw new DomainError('session_not_found');
    return session;
  });
}

function isEmpty({ endedAt, storedMessages }: StoredSession): boolean {
  return endedAt !== null && storedMessages === 0;
}

/** Whether an agent holds an unexpired lease of a session, or of its chain's root. */
async function isBusy({ manager, historyId }: HistoryChange, ids: readonly string[]): Promise<boolean> {
  const held = await manager.query<unknown[]>(
    `SELECT 1 FROM leases WHERE history_id = $1 AND expires_at > extract(epoch FROM clock_timestamp()) AND session_id IN (
        SELECT unnest($2::text[])
        UNION SELECT root_id FROM sessions WHERE history_id = $1 AND id = ANY($2)) LIMIT 1`,
    [historyId, ids.map(toStored)],
  );
  return held.length > 0;
}
