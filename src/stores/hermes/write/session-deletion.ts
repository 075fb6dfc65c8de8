import { DomainError } from '../../../domain/errors.js';
import { delegatesOf, type DelegationSource } from '../../../sessions/lineage/delegates.js';
import { chainRoot, type LineageNode, type LineageSource } from '../../../sessions/lineage/lineage.js';
import { mayTake, type SessionAccess } from '../../../sessions/session-access.js';
import type { DeletedSession } from '../../../sessions/session-bulk.js';
import type { OpenHistory } from '../file/hermes-connection.js';
import { readLeases } from '../file/leases.js';
import { inLedger, ledgeredAmong } from '../file/ledgers.js';
import { countOf, requiredText } from '../file/values.js';
import { readDelegations } from '../lineage/live-delegations.js';
import type { RowChange } from '../file/row-change.js';
import { SEARCHED_BYTES } from '../search/searched-texts.js';
import { requireAsKept } from './kept-lines.js';
import { MODEL_USAGE } from './model-usage.js';
import { trigramBalance } from './trigram-balance.js';
import { beingAdded, isBeingAdded } from './unfinished-import.js';

/** How sessions are deleted. */
export interface DeletionRules {
  /** Whose sessions may be deleted. */
  readonly access: SessionAccess;
  /** Whether a lease that an agent holds is no hindrance, nor that somebody is adding it. */
  readonly force: boolean;
  /** Epoch seconds. */
  readonly now: number;
  /** What of them was kept before, by its `LinesDigest`: anything else is not deleted. */
  readonly kept?: string;
  /** How many bytes of messages may be deleted; any number where it is not given. */
  readonly mostBytes?: number | undefined;
}

/** There is more to delete than the thread that answers should: another one is to do it. */
export class LongDeletion extends Error {
  override readonly name = 'LongDeletion';
}

/** How groups of sessions are deleted. */
export interface GroupDeletion {
  readonly force: boolean;
  /** Whether what is not there is gone already; else its group is refused. */
  readonly mayBeGone: boolean;
}

/** What a deletion does. */
export interface PlannedDeletion {
  /** All sessions that go, the first named one first. */
  readonly deleted: readonly DeletedSession[];
  /** Ids of the children that become roots. */
  readonly orphaned: readonly string[];
  /** How, for whoever carries it out within the same transaction. */
  readonly changes: readonly RowChange[];
}

/** Sessions that go together. */
export interface GoingSessions {
  readonly named: readonly LineageNode[];
  /** Those that worked for them. */
  readonly delegates: readonly LineageNode[];
}

/** Deletes sessions inside one transaction, by Hermes's own rules. */
export class SessionDeletions {
  readonly #delegations: DelegationSource;
  readonly #leases: ReadonlyMap<string, number>;

  constructor(
    private readonly history: OpenHistory,
    private readonly rules: DeletionRules,
  ) {
    this.#delegations = readDelegations(history.reader);
    this.#leases = rules.force ? new Map() : readLeases(history, rules.now);
  }

  /** What would be deleted with some sessions, themselves left out. */
  delegatesOf(ids: readonly string[]): readonly LineageNode[] {
    const lineage = this.#lineage();
    return delegatesOf(this.#delegations, ids).flatMap(({ id }) => lineage.node(id) ?? []);
  }

  /**
   * Works out the deletion of sessions by the rules.
   * @param onlyEmpty whether only what has ended, and has no message, is deleted.
   * @throws {DomainError} `session_not_found`, also where a delegate is somebody else's; `tokenizer_unavailable`, `session_busy`;
   *   `SessionWentOn`; `plan_changed` where something is not empty that is to be; {@link LongDeletion}
   */
  plan(ids: readonly string[], onlyEmpty = false): PlannedDeletion {
    const { named, delegates } = this.going(ids);
    const going = [...named, ...delegates];
    const goingIds = going.map(({ id }) => id);
    const { kept, mostBytes = Infinity } = this.rules;
    if (mostBytes < Infinity && this.#bytesOf(goingIds) > mostBytes) throw new LongDeletion();
    if (onlyEmpty && !going.every((session) => this.#isEmpty(session))) throw new DomainError('plan_changed');
    if (kept !== undefined) requireAsKept(this.history, goingIds, kept);
    return {
      deleted: going.map(({ id, source, userId }) => ({ id, source, userId })),
      ...deletionOf(this.history, goingIds),
    };
  }

  /**
   * What goes where some sessions are deleted.
   * @throws {DomainError} as {@link plan}, but for `SessionWentOn` and `plan_changed`
   */
  going(ids: readonly string[]): GoingSessions {
    const { force, now } = this.rules;
    const lineage = this.#lineage();
    const { named, delegates } = this.belonging(ids);
    if (!this.history.canFireTriggers) throw new DomainError('tokenizer_unavailable');
    const going = [...named, ...delegates];
    if (!force && going.some((session) => isBeingAdded(session, now)))
      throw beingAdded('Nothing was deleted; try again in a minute, or send force=true.');
    if (
      ledgeredAmong(
        this.history,
        going.map(({ id }) => id),
      ).length > 0
    )
      throw inLedger();
    if (going.some((session) => this.#isBusy(lineage, session))) throw new DomainError('session_busy');
    return { named, delegates };
  }

  /**
   * Some sessions with those that worked for them, whether or not they can be deleted.
   * @throws {DomainError} `session_not_found`
   */
  belonging(ids: readonly string[]): GoingSessions {
    const lineage = this.#lineage();
    const named = [...new Set(ids)].map((id) => existing(lineage, id));
    const delegates = this.delegatesOf(ids);
    if (!delegates.every((delegate) => mayTake(this.rules.access, delegate)))
      throw new DomainError('session_not_found');
    return { named, delegates };
  }

  /** What of some sessions stands in the search indexes, about. */
  #bytesOf(ids: readonly string[]): number {
    const sql = `SELECT sum(${SEARCHED_BYTES}) FROM messages m WHERE ${among('m.session_id')}`;
    return countOf(this.history.reader.value(sql, JSON.stringify(ids)));
  }

  #isEmpty({ id, endedAt }: LineageNode): boolean {
    const { reader } = this.history;
    return (
      endedAt !== null && reader.get('SELECT 1 FROM messages WHERE session_id = ? LIMIT 1', id) === undefined
    );
  }

  /** As the sessions are before the next deletion: the last one may have left some without the chain that they were in. */
  #lineage(): LineageSource {
    return this.history.lineage.now();
  }

  /** An agent is in the middle of a session where it holds a lease of it, or of the root of its chain. */
  #isBusy(lineage: LineageSource, session: LineageNode): boolean {
    if (this.#leases.size === 0) return false;
    return this.#leases.has(session.id) || this.#leases.has(chainRoot(lineage, session).id);
  }
}

function existing(lineage: LineageSource, id: string): LineageNode {
  const node = lineage.node(id);
  if (node === undefined) throw new DomainError('session_not_found');
  return node;
}

/** SQL for a column whose value is in a JSON list. */
function among(column: string): string {
  return `${column} IN (SELECT value FROM json_each(?))`;
}

/** What the deletion of sessions changes in the file, in this order. */
function deletionOf(
  history: OpenHistory,
  ids: readonly string[],
): Pick<PlannedDeletion, 'orphaned' | 'changes'> {
  const list = JSON.stringify(ids);
  const isOrphaned = `${among('parent_session_id')} AND NOT ${among('id')}`;
  const orphaned = history.reader
    .all(`SELECT id FROM sessions WHERE ${isOrphaned}`, list, list)
    .map((row) => requiredText(row, 'id'));
  const orphan = {
    sql: `UPDATE sessions SET parent_session_id = NULL WHERE ${isOrphaned}`,
    parameters: [list, list],
  };
  return { orphaned, changes: [orphan, ...removalOf(history, ids)] };
}

/** What takes out the rows of sessions and of what belongs to each alone, in this order; whatever names them is left as it is. */
function removalOf(history: OpenHistory, ids: readonly string[]): readonly RowChange[] {
  const list = JSON.stringify(ids);
  return [
    ...trigramBalance(history, { column: 'session_id', list }),
    // Triggers on messages look up the session's row, so messages go first.
    { sql: `DELETE FROM messages WHERE ${among('session_id')}`, parameters: [list] },
    ...rowRemovalOf(history, ids),
  ];
}

/** As {@link removalOf}, of all but the messages. */
export function rowRemovalOf(history: OpenHistory, ids: readonly string[]): readonly RowChange[] {
  const list = JSON.stringify(ids);
  const changes: RowChange[] = [];
  if (history.layout.tables.has(MODEL_USAGE))
    changes.push({ sql: `DELETE FROM ${MODEL_USAGE} WHERE ${among('session_id')}`, parameters: [list] });
  changes.push({ sql: `DELETE FROM sessions WHERE ${among('id')}`, parameters: [list] });
  const isUsed = 'EXISTS (SELECT 1 FROM sessions WHERE system_prompt_hash = ?)';
  for (const hash of promptsOf(history, list)) {
    changes.push({
      sql: `DELETE FROM system_prompts WHERE hash = ? AND NOT ${isUsed}`,
      parameters: [hash, hash],
    });
  }
  return changes;
}

/** Hashes of the stored system prompts that the sessions of a JSON list of ids refer to. */
function promptsOf({ reader, layout }: OpenHistory, list: string): readonly string[] {
  if (!layout.tables.has('system_prompts') || !layout.sessionColumns.has('system_prompt_hash')) return [];
  return reader
    .all(
      `SELECT DISTINCT system_prompt_hash AS hash FROM sessions
        WHERE system_prompt_hash IS NOT NULL AND id IN (SELECT value FROM json_each(?))`,
      list,
    )
    .map((row) => requiredText(row, 'hash'));
}
