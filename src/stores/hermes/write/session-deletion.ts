import { DomainError } from '../../../domain/errors.js';
import { delegatesOf, type DelegationSource } from '../../../sessions/lineage/delegates.js';
import { chainRoot, type LineageNode, type LineageSource } from '../../../sessions/lineage/lineage.js';
import { mayTake, type SessionAccess } from '../../../domain/access.js';
import type { DeletedSession } from '../../../sessions/bulk/session-bulk.js';
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
  /** Whether to delete despite an agent's lease, or while somebody is adding the session. */
  readonly force: boolean;
  /** Epoch seconds. */
  readonly now: number;
  /** The `LinesDigest` of what was kept of them: if they differ from that, nothing is deleted. */
  readonly kept?: string;
  /** Most bytes of messages to delete; unlimited if not given. */
  readonly mostBytes?: number | undefined;
}

/** The deletion is too large for the thread that answers requests, and belongs on another one. */
export class LongDeletion extends Error {
  override readonly name = 'LongDeletion';
}

/** How groups of sessions are deleted. */
export interface GroupDeletion {
  readonly force: boolean;
  /** Whether a missing session counts as deleted; otherwise its group is refused. */
  readonly mayBeGone: boolean;
}

/** What a deletion does. */
export interface PlannedDeletion {
  /** All deleted sessions, the first named one first. */
  readonly deleted: readonly DeletedSession[];
  /** Ids of the children that become roots. */
  readonly orphaned: readonly string[];
  /** The changes to run, in the same transaction. */
  readonly changes: readonly RowChange[];
}

/** Sessions that are deleted together. */
export interface GoingSessions {
  readonly named: readonly LineageNode[];
  /** The delegates that worked for them. */
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

  /** The delegates that would be deleted along with some sessions. */
  delegatesOf(ids: readonly string[]): readonly LineageNode[] {
    const lineage = this.#lineage();
    return delegatesOf(this.#delegations, ids).flatMap(({ id }) => lineage.node(id) ?? []);
  }

  /**
   * Plans the deletion of sessions by the rules.
   * @param onlyEmpty whether to delete only sessions that have ended and have no messages.
   * @throws {DomainError} `session_not_found`, also if a delegate belongs to somebody else; `tokenizer_unavailable`, `session_busy`; `SessionWentOn`;
   *   `plan_changed` if a session is not empty although `onlyEmpty` requires it; {@link LongDeletion}
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
   * What is deleted with some sessions.
   * @throws {DomainError} as {@link plan}, except `SessionWentOn` and `plan_changed`
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
   * Some sessions and the delegates that worked for them, whether or not they can be deleted.
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

  /** Roughly how many bytes of some sessions the search indexes hold. */
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

  /** Read again before each deletion: the previous one may have broken up chains. */
  #lineage(): LineageSource {
    return this.history.lineage.now();
  }

  /** Whether an agent is using a session: it holds a lease on the session, or on the root of its chain. */
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

/** The changes that delete sessions, in this order. */
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

/** The changes that remove the rows of sessions and what belongs to each alone, in this order; other rows may still refer to the sessions. */
function removalOf(history: OpenHistory, ids: readonly string[]): readonly RowChange[] {
  const list = JSON.stringify(ids);
  return [
    ...trigramBalance(history, { column: 'session_id', list }),
    // Triggers on messages look up the session's row, so messages go first.
    { sql: `DELETE FROM messages WHERE ${among('session_id')}`, parameters: [list] },
    ...rowRemovalOf(history, ids),
  ];
}

/** Like {@link removalOf}, without the messages. */
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

/** Hashes of the stored system prompts that the sessions in a JSON list of ids refer to. */
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
