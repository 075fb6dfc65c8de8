import { DomainError } from '../../../domain/errors.js';
import type { DeletionConditions } from '../../../sessions/deletion-conditions.js';
import { mayTake, type SessionAccess } from '../../../sessions/session-access.js';
import type { DeletedSession } from '../../../sessions/session-bulk.js';
import { queueDeletion } from '../commands/command-queue.js';
import { toStored } from '../schema/stored-text.js';
import { readDelegatesOf } from './delegations.js';
import type { StoredSession } from './derivation.js';
import type { HistoryChange } from './history-change.js';

/** How sessions are deleted. */
export interface DeletionRules {
  /** Whose sessions may be deleted. */
  readonly access: SessionAccess;
  /** Whether a lease that an agent holds is no hindrance. */
  readonly force: boolean;
  /** What has to hold for what goes; its origin looks at it once more. */
  readonly conditions?: DeletionConditions;
}

/**
 * Deletes sessions, their messages and their delegates by Hermes's own rules, and has their origin do the same; other children
 * become roots.
 * @param found the delegates, where they have been read in this transaction.
 * @returns all sessions that were deleted, the named ones first.
 * @throws {DomainError} `session_not_found`, also where a delegate is somebody else's; `unsupported_by_store`, `tokenizer_unavailable`,
 *   `session_busy`, `store_unavailable` where a conversation is to go as a whole of which not all has arrived; `plan_changed` where something is not
 *   empty that is to be, as far as is known; then nothing has been changed.
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
  // Of what is still arriving the messages may be missing yet.
  if (conditions.onlyEmpty === true && !(change.history.isLoaded && going.every(isEmpty)))
    throw new DomainError('plan_changed');
  const goingIds = going.map(({ id }) => id);
  if (!force && (await isBusy(change, goingIds))) throw new DomainError('session_busy');
  await removeSessions(change, goingIds, await orphansOf(change, goingIds));
  await bury(change, going);
  await queueDeletion(change, { ids, deleted: goingIds, force, conditions });
  return going.map(({ id, source, userId }) => ({ id, source, userId }));
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
  return (
    [...lineage.sessions]
      .filter(({ id, parentId }) => parentId !== null && gone.has(parentId) && !gone.has(id))
      // Their origin has them otherwise until it deletes as well, which it may refuse: then they are sent again.
      .map((session) => ({ ...session, parentId: null, fingerprint: '' }))
  );
}

/** Remembers that sessions are gone for good, whatever their origin still has of them, and when they had begun. */
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

/** An unexpired lease says that an agent is in the middle of a session: its own, or that of its chain's root. */
async function isBusy({ manager, historyId }: HistoryChange, ids: readonly string[]): Promise<boolean> {
  const held = await manager.query<unknown[]>(
    `SELECT 1 FROM leases WHERE history_id = $1 AND expires_at > extract(epoch FROM clock_timestamp()) AND session_id IN (
        SELECT unnest($2::text[])
        UNION SELECT root_id FROM sessions WHERE history_id = $1 AND id = ANY($2)) LIMIT 1`,
    [historyId, ids.map(toStored)],
  );
  return held.length > 0;
}
