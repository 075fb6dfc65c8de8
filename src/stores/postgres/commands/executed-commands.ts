import { toStored } from '../schema/stored-text.js';
import type { HistoryChange } from '../write/history-change.js';
import type { PendingCommand } from './command-queue.js';

/** The result of a command at the origin. */
export interface CommandOutcome {
  readonly state: 'applied' | 'superseded' | 'refused';
  /** Why it was refused: an error code of the API. */
  readonly reason?: string;
}

/** A command and its result. */
export interface ExecutedCommand {
  readonly command: PendingCommand;
  readonly outcome: CommandOutcome;
}

/** Records the results of commands, in a few statements regardless of their number, because the history is locked meanwhile. */
export async function confirmCommands(
  change: HistoryChange,
  executed: readonly ExecutedCommand[],
): Promise<void> {
  const confirmed = await confirm(change, executed);
  // The origin still has these sessions, and sends them again.
  await unbury(
    change,
    executed
      .filter(({ command, outcome }) => confirmed.has(command.id) && isGivenBack({ command, outcome }))
      .flatMap(({ command }) => command.flagged),
  );
  // These commands were changed meanwhile, perhaps moved back in the queue. The origin now has the titles that they had set.
  const replaced = executed.filter(
    ({ command, outcome }) =>
      !confirmed.has(command.id) && command.changes.title !== undefined && outcome.state === 'applied',
  );
  await setBaseTitles(
    change,
    replaced.map(({ command }) => command),
  );
}

/** Whether the origin refused a deletion. */
export function isGivenBack({ command, outcome }: ExecutedCommand): boolean {
  return command.kind === 'delete' && outcome.state === 'refused';
}

/** @returns the ids of commands that were not changed since the origin received them. */
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

/** Removes the tombstones of sessions. */
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
