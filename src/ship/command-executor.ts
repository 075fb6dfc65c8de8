import { ApiError } from '../http/errors.js';
import { FULL_ACCESS } from '../sessions/session-access.js';
import type { SessionChanges } from '../sessions/session-query.js';
import type { ChangeContext } from '../sessions/sessions.repository.js';
import type { HermesProfile } from '../stores/hermes/profiles/hermes-profile.js';
import type {
  CommandOutcome,
  ExecutedCommand,
  PendingCommand,
} from '../stores/postgres/incoming/history-intake.js';

/** What passes by itself, or with whoever mends this server: the change waits on. */
const PASSING: ReadonlySet<string> = new Set([
  'session_busy',
  'store_busy',
  'store_unavailable',
  'store_corrupt',
  'internal_error',
]);

/** Who asked for a change, and whether they may, was looked at and written down where it was made first. */
const AS_THE_DATABASE: ChangeContext = { access: FULL_ACCESS, onCommit: () => undefined };

/** Makes changes that were made in the database in Hermes's own file, by Hermes's rules. */
export class CommandExecutor {
  constructor(private readonly profile: HermesProfile) {}

  /**
   * Makes changes in their order.
   * @returns how they went; without those that have to wait, because an agent is in the middle of the session or the file cannot be
   * written.
   */
  async execute(commands: readonly PendingCommand[]): Promise<readonly ExecutedCommand[]> {
    const executed: ExecutedCommand[] = [];
    for (const command of commands) {
      if (command.kind !== 'update') continue;
      const outcome = await this.#update(command);
      if (outcome !== undefined) executed.push({ command, outcome });
    }
    // What is deleted is deleted for good, so that nothing else of the same session comes behind it.
    for (const force of [false, true]) {
      const deletions = commands.filter((command) => command.kind === 'delete' && command.force === force);
      executed.push(...(await this.#delete(deletions, force)));
    }
    return executed;
  }

  async #delete(commands: readonly PendingCommand[], force: boolean): Promise<readonly ExecutedCommand[]> {
    if (commands.length === 0) return [];
    const ids = [...new Set(commands.map(({ sessionId }) => sessionId))];
    const outcomes = await this.profile.bulk({ action: 'delete', ids, force }, AS_THE_DATABASE);
    const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
    return commands.flatMap((command) => {
      const outcome = byId.get(command.sessionId);
      if (outcome?.kind !== 'refused') return [{ command, outcome: { state: 'applied' as const } }];
      const failure = outcomeOf(outcome.error);
      return failure === undefined ? [] : [{ command, outcome: failure }];
    });
  }

  /** Whoever renamed the session at the host since the database last saw it keeps that title: it is the host's history. */
  async #update({ sessionId, changes, baseTitle }: PendingCommand): Promise<CommandOutcome | undefined> {
    try {
      const { title: current } = await this.profile.get(sessionId, FULL_ACCESS);
      const isRenamedHere = changes.title !== undefined && current !== baseTitle && current !== changes.title;
      const due = dueOf(changes, isRenamedHere || current === changes.title);
      if (Object.keys(due).length > 0) await this.profile.update(sessionId, due, AS_THE_DATABASE);
      return { state: isRenamedHere ? 'superseded' : 'applied' };
    } catch (error) {
      if (error instanceof ApiError) return outcomeOf(error);
      throw error;
    }
  }
}

/** What a failure means for a change; undefined where it passes by itself. */
function outcomeOf({ code }: ApiError): CommandOutcome | undefined {
  if (PASSING.has(code)) return undefined;
  // What is gone already needs no change.
  return code === 'session_not_found' ? { state: 'applied' } : { state: 'refused', reason: code };
}

function dueOf({ title, archived, pinned }: SessionChanges, withoutTitle: boolean): SessionChanges {
  return {
    ...(title === undefined || withoutTitle ? {} : { title }),
    ...(archived === undefined ? {} : { archived }),
    ...(pinned === undefined ? {} : { pinned }),
  };
}
