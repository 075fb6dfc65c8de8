import { toStored } from '../schema/stored-text.js';
import type { HistoryChange } from '../write/history-change.js';
import type { PendingCommand } from './command-queue.js';

/** How the origin took a change. */
export interface CommandOutcome {
  readonly state: 'applied' | 'superseded' | 'refused';
  /** Why it was refused: a code of the API. */
  readonly reason?: string;
}

/** A change, and how the origin took it. */
export interface ExecutedCommand {
  readonly command: PendingCommand;
  readonly outcome: CommandOutcome;
}

/** Says how the origin took some changes, in a few statements however many they are: the history is locked meanwhile. */
export async function confirmCommands(
  change: HistoryChange,
  executed: readonly ExecutedCommand[],
): Promise<void> {
  const confirmed = await confirm(change, executed);
  // The origin has them still, and sends them again.
  await unbury(
    change,
    executed
      .filter(({ command, outcome }) => confirmed.has(command.id) && isGivenBack({ command, outcome }))
      .flatMap(({ command }) => command.flagged),
  );
  // They were changed again meanwhile, perhaps in a place further behind: the origin's titles are by now the ones that it was given.
  const replaced = executed.filter(
    ({ command, outcome }) =>
      !confirmed.has(command.id) && command.changes.title !== undefined && outcome.state === 'applied',
  );
  await setBaseTitles(
    change,
    replaced.map(({ command }) => command),
  );
}

/** Whether it was a deletion, of sessions that the origin keeps. */
export function isGivenBack({ command, outcome }: ExecutedCommand): boolean {
  return command.kind === 'delete' && outcome.state === 'refused';
}

/** @returns the ids of those that are as they were when the origin took them. */
async function confirm(
  { manager }: HistoryChange,
  executed: readonly ExecutedCommand[],
): Promise<ReadonlySet<number>> {
  const [rows] = await manager.query<[{ readonly id: number }[], number]>(
    `UPDATE commands c SET state = o.state, reason = o.reason, ended_at = now()
      FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) o(id, state, reason, changes)
      WHERE c.id = o.id AND c.state = 'pending' AND c.changes = CAST(o.changes AS jsonb) RETURNING c.id`,
    [
      executed.map(({ command }) => command.id),
      executed.map(({ outcome }) => outcome.state),
      executed.map(({ outcome }) => outcome.reason ?? null),
      executed.map(({ command }) => JSON.stringify(command.changes)),
    ],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Forgets that sessions were deleted here. */
export async function unbury({ manager, historyId }: HistoryChange, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await manager.query('DELETE FROM tombstones WHERE history_id = $1 AND session_id = ANY($2)', [
    historyId,
    [...new Set(ids)].map(toStored),
  ]);
}

async function setBaseTitles(
  { manager, historyId }: HistoryChange,
  commands: readonly PendingCommand[],
): Promise<void> {
  if (commands.length === 0) return;
  await manager.query(
    `UPDATE commands c SET base_title = t.title FROM unnest($2::text[], $3::text[]) t(session_id, title)
      WHERE c.history_id = $1 AND c.session_id = t.session_id AND c.kind = 'update' AND c.state = 'pending'`,
    [
      historyId,
      commands.map(({ sessionId }) => toStored(sessionId)),
      commands.map(({ changes: { title } }) => (title == null ? null : toStored(title))),
    ],
  );
}
