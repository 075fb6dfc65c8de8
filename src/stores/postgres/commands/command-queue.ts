import type { SelectQueryBuilder } from 'typeorm';
import type { DeletionConditions } from '../../../sessions/deletion-conditions.js';
import type { SessionChanges } from '../../../sessions/session-query.js';
import { CommandEntity } from '../schema/entities.js';
import type { RowOf } from '../schema/entity-rows.js';
import { fromStored, toStored } from '../schema/stored-text.js';
import type { HistoryChange } from '../write/history-change.js';

/** Notification channel for new commands; the payload is the history's id. */
export const COMMAND_CHANNEL = 'hermes_sessions_commands';

/** A change that was made to a session here. */
export interface QueuedUpdate {
  readonly sessionId: string;
  readonly changes: SessionChanges;
  /** The session's title before the change. */
  readonly baseTitle: string | null;
  readonly flagged: readonly string[];
  readonly untitled: readonly string[];
}

/** Most replaced titles that are remembered, for a host that is away for long. */
const MOST_REPLACED = 100;

/**
 * Queues a change for the origin. A pending change of the same session is merged with it, so that the base title stays the origin's own.
 * The pending change may have been executed already without being confirmed, so its title counts as replaced, too. A change with a title
 * moves to the end of the queue: another session may have to give up that title first.
 */
export async function queueUpdate(change: HistoryChange, update: QueuedUpdate): Promise<void> {
  const { manager, historyId } = change;
  const { sessionId, changes, baseTitle, flagged, untitled } = update;
  const moved = changes.title === undefined ? '' : 'id = DEFAULT, ';
  const replaced = changes.title === undefined ? undefined : await replacedTitles(change, sessionId);
  const asked = toJson({ ...changes, replaced });
  const base = baseTitle === null ? null : toStored(baseTitle);
  const merged = await manager.query<[unknown[], number]>(
    `UPDATE commands SET ${moved}changes = changes || $3::jsonb,
        base_title = CASE WHEN jsonb_exists(changes, 'title') THEN base_title ELSE $6 END,
        flagged = ARRAY(SELECT unnest(flagged) UNION SELECT unnest($4::text[])),
        untitled = ARRAY(SELECT unnest(untitled) UNION SELECT unnest($5::text[]))
      WHERE history_id = $1 AND session_id = $2 AND kind = 'update' AND state = 'pending'`,
    [historyId, toStored(sessionId), asked, flagged.map(toStored), untitled.map(toStored), base],
  );
  if (merged[1] === 0) {
    await manager.query(
      `INSERT INTO commands (history_id, session_id, kind, changes, base_title, flagged, untitled)
        VALUES ($1, $2, 'update', $3, $4, $5, $6)`,
      [historyId, toStored(sessionId), asked, base, flagged.map(toStored), untitled.map(toStored)],
    );
  }
  await notify(change);
}

/**
 * Titles that the session may have at its origin without a rename there: those that its own pending change sets, and those that it gives up
 * to pending changes of other sessions.
 */
async function replacedTitles(
  { manager, historyId }: HistoryChange,
  sessionId: string,
): Promise<readonly (string | null)[]> {
  const rows = await manager.query<Pick<CommandEntity, 'changes'>[]>(
    `SELECT changes FROM commands WHERE history_id = $1 AND kind = 'update' AND state = 'pending' AND jsonb_exists(changes, 'title')
        AND (session_id = $2 OR $2 = ANY(untitled)) ORDER BY id`,
    [historyId, toStored(sessionId)],
  );
  const titles = rows.flatMap(({ changes: { title, replaced = [] } }) => [...replaced, title ?? null]);
  return [...new Set(titles)].slice(-MOST_REPLACED);
}

/** Sessions that were deleted here. */
export interface QueuedDeletion {
  /** The sessions that were named. */
  readonly ids: readonly string[];
  /** All deleted sessions; they come back if the origin refuses. */
  readonly deleted: readonly string[];
  readonly force: boolean;
  readonly conditions: DeletionConditions;
}

/**
 * Queues a deletion for the origin. Pending changes of these sessions are executed first: they may have changed other sessions of their
 * conversations, and the origin may refuse the deletion.
 */
export async function queueDeletion(
  change: HistoryChange,
  { ids, deleted, force, conditions }: QueuedDeletion,
): Promise<void> {
  const { manager, historyId } = change;
  await manager.query(
    `INSERT INTO commands (history_id, session_id, kind, force, flagged, changes)
      SELECT $1, id, 'delete', $3, $4, CASE WHEN place = 1 THEN $5::jsonb ELSE '{}' END
        FROM unnest($2::text[]) WITH ORDINALITY AS named (id, place) ORDER BY place`,
    [
      historyId,
      ids.map(toStored),
      force,
      deleted.map(toStored),
      JSON.stringify({ conditions: JSON.stringify(conditions) }),
    ],
  );
  await notify(change);
}

/** A change that is pending at its origin. */
export type PendingCommand = RowOf<CommandEntity>;

/** Changes that are read, executed and confirmed in one batch. */
const COMMANDS_AT_ONCE = 300;

type Queue = Pick<HistoryChange, 'manager' | 'historyId'>;

/**
 * The next batch of pending commands of a history after a given id, oldest first. If it ends within a deletion, the rest of the deletion
 * is included, because a deletion is executed as a whole. @returns also whether there may be more.
 */
export async function pendingCommands(
  queue: Queue,
  behind: number,
): Promise<{ readonly commands: readonly PendingCommand[]; readonly isMore: boolean }> {
  const pending = pendingOf(queue).andWhere('c.id > :behind', { behind }).limit(COMMANDS_AT_ONCE);
  const commands = await readCommands(pending);
  const last = commands.length === COMMANDS_AT_ONCE ? commands.at(-1) : undefined;
  if (last?.kind !== 'delete') return { commands, isMore: last !== undefined };
  const rest = await readCommands(
    pendingOf(queue).andWhere(`c.id > :last AND c.kind = 'delete' AND c.flagged = CAST(:flagged AS text[])`, {
      last: last.id,
      flagged: last.flagged.map(toStored),
    }),
  );
  return { commands: [...commands, ...rest], isMore: true };
}

/** The pending updates that affect some sessions, oldest first. */
export async function pendingUpdates(
  queue: Queue,
  sessionIds: readonly string[],
): Promise<readonly PendingCommand[]> {
  if (sessionIds.length === 0) return [];
  return readCommands(
    pendingOf(queue).andWhere(
      `c.kind = 'update' AND (c.sessionId = ANY(:ids) OR c.flagged && CAST(:ids AS text[]) OR c.untitled && CAST(:ids AS text[]))`,
      { ids: sessionIds.map(toStored) },
    ),
  );
}

/** The ids of pending commands by which a session gives up its title. */
export async function titleGivers(queue: Queue, sessionId: string): Promise<readonly number[]> {
  const givers = await pendingOf(queue)
    .select('c.id')
    .andWhere(
      `(c.kind = 'delete' AND :session = ANY(c.flagged)
        OR c.kind = 'update' AND jsonb_exists(c.changes, 'title') AND (c.sessionId = :session OR :session = ANY(c.untitled)))`,
      { session: toStored(sessionId) },
    )
    .getMany();
  return givers.map(({ id }) => id);
}

function pendingOf({ manager, historyId }: Queue): SelectQueryBuilder<CommandEntity> {
  return manager
    .createQueryBuilder(CommandEntity, 'c')
    .where(`c.historyId = :historyId AND c.state = 'pending'`, { historyId })
    .orderBy('c.id');
}

async function readCommands(query: SelectQueryBuilder<CommandEntity>): Promise<readonly PendingCommand[]> {
  const commands = await query.getMany();
  return commands.map((command) => ({
    ...command,
    sessionId: fromStored(command.sessionId),
    baseTitle: command.baseTitle === null ? null : fromStored(command.baseTitle),
    flagged: command.flagged.map(fromStored),
    untitled: command.untitled.map(fromStored),
  }));
}

async function notify({ manager, historyId }: HistoryChange): Promise<void> {
  await manager.query('SELECT pg_notify($1, $2)', [COMMAND_CHANNEL, String(historyId)]);
}

/** JSON for a jsonb column; titles are cleaned before they get here. */
function toJson({
  endReason,
  ...changes
}: SessionChanges & Pick<CommandEntity['changes'], 'replaced'>): string {
  const { title, archived, pinned, endedAt, replaced } = changes;
  // jsonb accepts no NUL and no lone surrogate.
  const reason = endReason?.toWellFormed().replaceAll('\0', '');
  return JSON.stringify({ title, archived, pinned, endReason: reason, endedAt, replaced });
}
