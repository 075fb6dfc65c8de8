import type { SelectQueryBuilder } from 'typeorm';
import type { DeletionConditions } from '../../../sessions/deletion-conditions.js';
import type { SessionChanges } from '../../../sessions/session-query.js';
import { CommandEntity } from '../schema/entities.js';
import type { RowOf } from '../schema/entity-rows.js';
import { fromStored, toStored } from '../schema/stored-text.js';
import type { HistoryChange } from '../write/history-change.js';

/** Where a shipper is told that something waits for its host, with the id of the history. */
export const COMMAND_CHANNEL = 'hermes_sessions_commands';

/** A change that was made to a session here. */
export interface QueuedUpdate {
  readonly sessionId: string;
  readonly changes: SessionChanges;
  /** The title that it had before. */
  readonly baseTitle: string | null;
  readonly flagged: readonly string[];
  readonly untitled: readonly string[];
}

/** Titles that are remembered as replaced ones, of a host that is away for long. */
const MOST_REPLACED = 100;

/**
 * Has the origin make a change, too. What waits there already for the same session becomes one change with it, so that the
 * origin sees the title that was its own as the one that is replaced; the change that waits may have been made there all the same, which
 * nobody could say yet, so that its title is one that is replaced, too. With a title it takes its place behind all that wait: another
 * session may have to give that title up first.
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
 * Titles by which a session may be called at its origin without that anybody there has renamed it: those that the change that waits set,
 * and those that it gives up to others by changes that wait.
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
  /** Those that were named. */
  readonly ids: readonly string[];
  /** All that went, which come back where the origin refuses. */
  readonly deleted: readonly string[];
  readonly force: boolean;
  readonly conditions: DeletionConditions;
}

/**
 * Has the origin delete sessions, too. What waits for them is made before: it may have changed others of their conversations, and the origin may
 * refuse the deletion.
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

/** A change that waits for its origin. */
export type PendingCommand = RowOf<CommandEntity>;

/** Changes that are read, made and confirmed in one go. */
const COMMANDS_AT_ONCE = 300;

type Queue = Pick<HistoryChange, 'manager' | 'historyId'>;

/**
 * What waits for the origin of a history, oldest first: some of it behind a change, and all of a deletion that it ends in, which is made as
 * a whole. @returns whether there may be more, too.
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

/** What waits that sets anything of some sessions, oldest first. */
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

/** The ids of the changes that wait by which a session gives up its title. */
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

/** What this type of the database takes; titles are so before anything is stored. */
function toJson({
  endReason,
  ...changes
}: SessionChanges & Pick<CommandEntity['changes'], 'replaced'>): string {
  const { title, archived, pinned, endedAt, replaced } = changes;
  // It takes no NUL, and no half of a character.
  const reason = endReason?.toWellFormed().replaceAll('\0', '');
  return JSON.stringify({ title, archived, pinned, endReason: reason, endedAt, replaced });
}
