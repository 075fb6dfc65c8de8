import { Logger } from '@nestjs/common';
import { DomainError } from '../domain/errors.js';
import { RepeatedWarning } from '../logging/repeated-warning.js';
import type { DeletedGroup, DeletionConditions } from '../sessions/deletion-conditions.js';
import { groupBy } from '../sessions/lineage/groups.js';
import { FULL_ACCESS } from '../sessions/session-access.js';
import type { SessionChanges } from '../sessions/session-query.js';
import type { ChangeContext } from '../sessions/sessions.repository.js';
import { TitleInUseError } from '../sessions/title-rules.js';
import type { HermesProfile } from '../stores/hermes/profiles/hermes-profile.js';
import type { PendingCommand } from '../stores/postgres/commands/command-queue.js';
import type { CommandOutcome, ExecutedCommand } from '../stores/postgres/commands/executed-commands.js';
import type { TitleWaits } from './title-waits.js';

/** Somebody else writes to the file, for which each change would wait some seconds. */
const LOCKED = 'store_busy';

/** What passes: the change waits on. What a trigger that was left in a file or a damaged page keeps from being made may be one of many. */
const PASSING: ReadonlySet<string> = new Set(['session_busy', LOCKED, 'store_unavailable', 'store_corrupt']);

/** What becomes of changes at a host whose file is read alone. */
const READ_ONLY: CommandOutcome = { state: 'refused', reason: 'refused_by_history' };

/** Who asked for a change, and whether they may, was looked at and written down where it was made first. */
const AS_THE_DATABASE: ChangeContext = { access: FULL_ACCESS, onCommit: () => undefined };

/** Makes changes that were made in the database in Hermes's own file, by Hermes's rules. */
export class CommandExecutor {
  readonly #warning = new RepeatedWarning(new Logger(CommandExecutor.name));
  /** Whether somebody else held the lock of the file at the last try. */
  #isLocked = false;

  /** @param readsOnly whether the file is to stay as it is: each change is refused, so that the database shows what the file says. */
  constructor(
    private readonly profile: HermesProfile,
    private readonly readsOnly: boolean,
  ) {}

  /**
   * Makes changes in their order: a title may be one that the change before sets free. While somebody else holds the lock of the file, none behind is tried.
   * @param isWhole whether a session that is not in the file is gone, and needs no change; else the file that has it may come back.
   * @returns how they went; without those that have to wait, because an agent is in the middle of the session, another change gives up
   * their title, the file cannot be written, or something failed that nobody foresaw.
   */
  async execute(
    commands: readonly PendingCommand[],
    isWhole: boolean,
    titles: TitleWaits,
  ): Promise<readonly ExecutedCommand[]> {
    if (this.readsOnly) return commands.map((command) => ({ command, outcome: READ_ONLY }));
    const executed: ExecutedCommand[] = [];
    this.#isLocked = false;
    for (const step of stepsOf(commands)) {
      if (this.isLocked) break;
      const outcomes = await this.#make(step, isWhole, titles);
      for (const [at, command] of step.entries()) {
        const outcome = outcomes[at];
        if (outcome === undefined) continue;
        titles.end(command);
        executed.push({ command, outcome });
      }
    }
    return executed;
  }

  /** Whether the last changes wait for the lock of the file, and all behind them with them. */
  get isLocked(): boolean {
    return this.#isLocked;
  }

  /** @returns the outcome of each; undefined for what waits. */
  async #make(
    step: readonly PendingCommand[],
    isWhole: boolean,
    titles: TitleWaits,
  ): Promise<readonly (CommandOutcome | undefined)[]> {
    const [first] = step;
    if (first === undefined) return [];
    return first.kind === 'delete'
      ? this.#delete(step, first.force, isWhole)
      : [await this.#update(first, isWhole, titles)];
  }

  /** What was deleted together is, or nothing of it: half a conversation would be gone for good. */
  async #delete(
    commands: readonly PendingCommand[],
    force: boolean,
    isWhole: boolean,
  ): Promise<readonly (CommandOutcome | undefined)[]> {
    const deletionOf = ({ flagged }: PendingCommand): string => JSON.stringify(flagged);
    const deletions = groupBy(commands, deletionOf);
    const groups = [...deletions.values()].map(toGroup);
    try {
      const rules = { force, mayBeGone: isWhole };
      const outcomes = await this.profile.changes.deleteTogether(groups, rules, AS_THE_DATABASE);
      const byDeletion = new Map([...deletions.keys()].map((deletion, at) => [deletion, outcomes[at]]));
      return commands.map((command) => {
        const outcome = byDeletion.get(deletionOf(command));
        if (outcome?.kind !== 'refused') return { state: 'applied' };
        return this.#outcomeOf(outcome.reason, command, isWhole);
      });
    } catch (error) {
      this.#waitOn(
        'delete',
        groups.flatMap(({ ids }) => ids),
        error,
      );
      return [];
    }
  }

  /** Whoever renamed the session at the host since the database last saw it keeps that title: it is the host's history. */
  async #update(
    command: PendingCommand,
    isWhole: boolean,
    titles: TitleWaits,
  ): Promise<CommandOutcome | undefined> {
    const { sessionId, changes, baseTitle } = command;
    try {
      const { title: current } = await this.profile.get(sessionId, FULL_ACCESS);
      const isOurs = [baseTitle, changes.title, ...(changes.replaced ?? [])].includes(current);
      const isRenamedHere = changes.title !== undefined && !isOurs;
      const due = dueOf(changes, isRenamedHere || current === changes.title);
      if (Object.keys(due).length > 0) await this.profile.update(sessionId, due, AS_THE_DATABASE);
      return { state: isRenamedHere ? 'superseded' : 'applied' };
    } catch (error) {
      if (error instanceof TitleInUseError && (await titles.add(command, error.holderId))) return undefined;
      return this.#outcomeOf(error, command, isWhole);
    }
  }

  /** What a failure means for a change; undefined where the change waits. */
  #outcomeOf(
    failure: unknown,
    { kind, sessionId }: PendingCommand,
    isWhole: boolean,
  ): CommandOutcome | undefined {
    if (failure instanceof DomainError) {
      this.#isLocked ||= failure.code === LOCKED;
      return meaningOf(failure, isWhole);
    }
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

function toGroup(commands: readonly PendingCommand[]): DeletedGroup {
  const conditions = commands.find(({ changes }) => changes.conditions !== undefined)?.changes.conditions;
  return {
    ids: commands.map(({ sessionId }) => sessionId),
    conditions: JSON.parse(conditions ?? '{}') as DeletionConditions,
  };
}

/** What is made in one go: deletions that follow each other, and every other change by itself. */
function stepsOf(commands: readonly PendingCommand[]): readonly (readonly PendingCommand[])[] {
  const steps: PendingCommand[][] = [];
  for (const command of commands) {
    const step = steps.at(-1);
    const isOneMore =
      command.kind === 'delete' && step?.[0]?.kind === 'delete' && step[0].force === command.force;
    if (isOneMore) step.push(command);
    else steps.push([command]);
  }
  return steps;
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
