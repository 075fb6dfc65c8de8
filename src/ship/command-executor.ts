import { Logger } from '@nestjs/common';
import { DomainError } from '../domain/errors.js';
import { RepeatedWarning } from '../logging/repeated-warning.js';
import { FULL_ACCESS } from '../sessions/session-access.js';
import type { SessionChanges } from '../sessions/session-query.js';
import type { ChangeContext } from '../sessions/sessions.repository.js';
import type { HermesProfile } from '../stores/hermes/profiles/hermes-profile.js';
import type { PendingCommand } from '../stores/postgres/commands/command-queue.js';
import type { CommandOutcome, ExecutedCommand } from '../stores/postgres/commands/executed-commands.js';

/** What passes by itself, or with whoever mends this server: the change waits on. */
const PASSING: ReadonlySet<string> = new Set([
  'session_busy',
  'store_busy',
  'store_unavailable',
  'store_corrupt',
]);

/** What becomes of changes at a host whose file is read alone. */
const READ_ONLY: CommandOutcome = { state: 'refused', reason: 'refused_by_history' };

/** Who asked for a change, and whether they may, was looked at and written down where it was made first. */
const AS_THE_DATABASE: ChangeContext = { access: FULL_ACCESS, onCommit: () => undefined };

/** Makes changes that were made in the database in Hermes's own file, by Hermes's rules. */
export class CommandExecutor {
  readonly #warning = new RepeatedWarning(new Logger(CommandExecutor.name));

  /** @param readsOnly whether the file is to stay as it is: each change is refused, so that the database shows what the file says. */
  constructor(
    private readonly profile: HermesProfile,
    private readonly readsOnly: boolean,
  ) {}

  /**
   * Makes changes in their order.
   * @param isWhole whether a session that is not in the file is gone, and needs no change; else the file that has it may come back.
   * @returns how they went; without those that have to wait, because an agent is in the middle of the session, the file cannot be
   * written, or something failed that nobody foresaw.
   */
  async execute(commands: readonly PendingCommand[], isWhole: boolean): Promise<readonly ExecutedCommand[]> {
    if (this.readsOnly) return commands.map((command) => ({ command, outcome: READ_ONLY }));
    const executed: ExecutedCommand[] = [];
    for (const command of commands) {
      if (command.kind !== 'update') continue;
      const outcome = await this.#update(command, isWhole);
      if (outcome !== undefined) executed.push({ command, outcome });
    }
    // What is deleted is deleted for good, so that nothing else of the same session comes behind it.
    for (const force of [false, true]) {
      const deletions = commands.filter((command) => command.kind === 'delete' && command.force === force);
      executed.push(...(await this.#delete(deletions, force, isWhole)));
    }
    return executed;
  }

  async #delete(
    commands: readonly PendingCommand[],
    force: boolean,
    isWhole: boolean,
  ): Promise<readonly ExecutedCommand[]> {
    if (commands.length === 0) return [];
    const ids = [...new Set(commands.map(({ sessionId }) => sessionId))];
    try {
      const outcomes = await this.profile.bulk({ action: 'delete', ids, force }, AS_THE_DATABASE);
      const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
      return commands.flatMap((command) => {
        const outcome = byId.get(command.sessionId);
        if (outcome?.kind !== 'refused') return [{ command, outcome: { state: 'applied' as const } }];
        const failure = this.#outcomeOf(outcome.reason, command, isWhole);
        return failure === undefined ? [] : [{ command, outcome: failure }];
      });
    } catch (error) {
      this.#waitOn('delete', ids, error);
      return [];
    }
  }

  /** Whoever renamed the session at the host since the database last saw it keeps that title: it is the host's history. */
  async #update(command: PendingCommand, isWhole: boolean): Promise<CommandOutcome | undefined> {
    const { sessionId, changes, baseTitle } = command;
    try {
      const { title: current } = await this.profile.get(sessionId, FULL_ACCESS);
      const isRenamedHere = changes.title !== undefined && current !== baseTitle && current !== changes.title;
      const due = dueOf(changes, isRenamedHere || current === changes.title);
      if (Object.keys(due).length > 0) await this.profile.update(sessionId, due, AS_THE_DATABASE);
      return { state: isRenamedHere ? 'superseded' : 'applied' };
    } catch (error) {
      return this.#outcomeOf(error, command, isWhole);
    }
  }

  /** What a failure means for a change; undefined where the change waits. */
  #outcomeOf(
    failure: unknown,
    { kind, sessionId }: PendingCommand,
    isWhole: boolean,
  ): CommandOutcome | undefined {
    if (failure instanceof DomainError) return meaningOf(failure, isWhole);
    this.#waitOn(kind, [sessionId], failure);
    return undefined;
  }

  /** What nobody foresaw refuses nothing, and keeps nothing else from being made and sent: it is tried again now and then. */
  #waitOn(kind: PendingCommand['kind'], ids: readonly string[], error: unknown): void {
    this.#warning.warn(
      `Changes wait that cannot be made in ${this.profile.name}, such as the ${kind} of ${ids[0] ?? ''}: ${String(error)}`,
    );
  }
}

/** What a failure that was foreseen means for a change; undefined where it passes by itself. */
function meaningOf({ code }: DomainError, isWhole: boolean): CommandOutcome | undefined {
  if (PASSING.has(code)) return undefined;
  if (code !== 'session_not_found') return { state: 'refused', reason: code };
  // What is gone already needs no change.
  return isWhole ? { state: 'applied' } : undefined;
}

function dueOf(
  { title, archived, pinned, endReason, endedAt }: SessionChanges,
  withoutTitle: boolean,
): SessionChanges {
  return {
    ...(title === undefined || withoutTitle ? {} : { title }),
    ...(archived === undefined ? {} : { archived }),
    ...(pinned === undefined ? {} : { pinned }),
    ...(endReason === undefined ? {} : { endReason, endedAt }),
  };
}
