import { Logger } from '@nestjs/common';
import { defined } from '../domain/defined.js';
import { DomainError } from '../domain/errors.js';
import { RepeatedWarning } from '../logging/repeated-warning.js';
import type { DeletedGroup, DeletionConditions } from '../sessions/deletion-conditions.js';
import { groupBy } from '../sessions/lineage/groups.js';
import { FULL_ACCESS } from '../domain/access.js';
import type { SessionChanges } from '../sessions/session-query.js';
import type { ChangeContext } from '../sessions/sessions.repository.js';
import { TitleInUseError } from '../sessions/title-rules.js';
import type { HermesProfile } from '../stores/hermes/profiles/hermes-profile.js';
import type { PendingCommand } from '../stores/postgres/commands/command-queue.js';
import type { CommandOutcome, ExecutedCommand } from '../stores/postgres/commands/executed-commands.js';
import type { TitleWaits } from './title-waits.js';

/** Another process holds the file's write lock; each change would wait for seconds. */
const LOCKED = 'store_busy';

/**
 * Temporary failures, after which a change stays pending. `store_corrupt`: one of many changes may hit a leftover trigger or a damaged
 * page.
 */
const PASSING: ReadonlySet<string> = new Set(['session_busy', LOCKED, 'store_unavailable', 'store_corrupt']);

/** The outcome of changes at a host whose file is only read. */
const READ_ONLY: CommandOutcome = { state: 'refused', reason: 'refused_by_history' };

/** Permission was checked, and the change audited, where it was made first. */
const AS_THE_DATABASE: ChangeContext = { access: FULL_ACCESS, onCommit: () => undefined };

/** Executes changes from the database in Hermes's file, by Hermes's rules. */
export class CommandExecutor {
  readonly #warning = new RepeatedWarning(new Logger(CommandExecutor.name));
  /** Whether another process held the file's lock at the last attempt. */
  #isLocked = false;

  /** @param readsOnly whether to refuse all changes, so that the database shows the file's state. */
  constructor(
    private readonly profile: HermesProfile,
    private readonly readsOnly: boolean,
  ) {}

  /**
   * Executes changes in order, because one may free the title that the next one sets. While another process holds the file's lock, no
   * further change is attempted.
   * @param isWhole whether a session that is missing in the file is really gone, and needs no change; otherwise the file with it may come
   *   back.
   * @returns the outcomes, without those of changes that stay pending: an agent uses the session, another change gives up the title, the
   *   file cannot be written, or something unexpected failed.
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

  /** Whether the last changes, and all after them, wait for the file's lock. */
  get isLocked(): boolean {
    return this.#isLocked;
  }

  /** @returns an outcome for each; undefined if it stays pending. */
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

  /** Sessions that were deleted together are deleted all or none: half a conversation would be lost for good. */
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

  /** If the session was renamed at the host since the database last saw it, the host's title stays. */
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

  /** The outcome that a failure means for a change; undefined if it stays pending. */
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

  /** An unexpected failure neither refuses a change nor blocks others; the change is retried now and then. */
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

/** Groups what is executed at once: consecutive deletions, and every other change by itself. */
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

/** The outcome that an expected failure means; undefined if it is temporary. */
function meaningOf({ code }: DomainError, isWhole: boolean): CommandOutcome | undefined {
  if (PASSING.has(code)) return undefined;
  if (code !== 'session_not_found') return { state: 'refused', reason: code };
  // A session that is gone needs no change.
  return isWhole ? { state: 'applied' } : undefined;
}

function dueOf(
  { title, archived, pinned, endReason, endedAt }: SessionChanges,
  withoutTitle: boolean,
): SessionChanges {
  const end = endReason === undefined ? {} : { endReason, endedAt };
  return { ...defined({ title: withoutTitle ? undefined : title, archived, pinned }), ...end };
}
