import type { Database } from 'better-sqlite3';
import { DomainError } from '../../../domain/errors.js';
import { delegatesOf } from '../../../sessions/lineage/delegates.js';
import { chainRoot, type LineageNode, type LineageSource } from '../../../sessions/lineage/lineage.js';
import { mayTake, type SessionAccess } from '../../../sessions/session-access.js';
import type { DeletedSession } from '../../../sessions/session-bulk.js';
import type { Layout } from '../file/layout.js';
import { readLeases } from '../file/leases.js';
import { SqliteReader } from '../file/sqlite-reader.js';
import { LiveDelegations } from '../lineage/live-delegations.js';
import { LiveLineage } from '../lineage/live-lineage.js';
import { balanceTrigramIndex } from './trigram-balance.js';

/** How sessions are deleted. */
export interface DeletionRules {
  /** Whose sessions may be deleted. */
  readonly access: SessionAccess;
  /** Whether a lease that an agent holds is no hindrance. */
  readonly force: boolean;
  /** Epoch seconds. */
  readonly now: number;
  /** Whether statements that fire the triggers on messages can run. */
  readonly canFireTriggers: boolean;
}

/** What a deletion did. */
export interface Deletion {
  /** All sessions that were deleted, the first named one first. */
  readonly deleted: readonly DeletedSession[];
  /** Ids of the children that became roots. */
  readonly orphaned: readonly string[];
}

/** Deletes sessions inside one transaction, by Hermes's own rules. */
export class SessionDeletions {
  readonly #delegations: LiveDelegations;
  readonly #leases: ReadonlyMap<string, number>;

  constructor(
    private readonly db: Database,
    private readonly layout: Layout,
    private readonly rules: DeletionRules,
  ) {
    this.#delegations = new LiveDelegations(db);
    this.#leases = rules.force ? new Map() : readLeases({ reader: new SqliteReader(db), layout }, rules.now);
  }

  /** What would be deleted with some sessions, themselves left out. */
  delegatesOf(ids: readonly string[]): readonly LineageNode[] {
    const lineage = this.#lineage();
    return delegatesOf(this.#delegations, ids).flatMap(({ id }) => lineage.node(id) ?? []);
  }

  /**
   * Deletes sessions, their messages and their delegates; other children become roots.
   * @throws {DomainError} `session_not_found`, also where a delegate is somebody else's; `tokenizer_unavailable`, `session_busy`; then
   *   nothing has been changed.
   */
  delete(ids: readonly string[]): Deletion {
    const { access, canFireTriggers } = this.rules;
    const lineage = this.#lineage();
    const named = [...new Set(ids)].map((id) => existing(lineage, id));
    if (!canFireTriggers) throw new DomainError('tokenizer_unavailable');
    const delegates = this.delegatesOf(ids);
    if (!delegates.every((delegate) => mayTake(access, delegate))) throw new DomainError('session_not_found');
    const going = [...named, ...delegates];
    if (going.some((session) => this.#isBusy(lineage, session))) throw new DomainError('session_busy');
    const goingIds = going.map(({ id }) => id);
    return {
      deleted: going.map(({ id, source, userId }) => ({ id, source, userId })),
      orphaned: deleteRows(this.db, this.layout, goingIds),
    };
  }

  /** As the sessions are before the next deletion: the last one may have left some without the chain that they were in. */
  #lineage(): LineageSource {
    return LiveLineage.of(this.db, this.layout);
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

/** @returns the ids of the children that became roots. */
function deleteRows(db: Database, layout: Layout, ids: readonly string[]): readonly string[] {
  const list = JSON.stringify(ids);
  const prompts = promptsOf(db, layout, list);
  const among = (column: string): string => `${column} IN (SELECT value FROM json_each(?))`;
  const orphaned = db
    .prepare<[string, string], string>(
      `UPDATE sessions SET parent_session_id = NULL
        WHERE ${among('parent_session_id')} AND NOT ${among('id')} RETURNING id`,
    )
    .pluck()
    .all(list, list);
  balanceTrigramIndex(db, layout, list);
  // Triggers on messages look up the session's row, so messages go first.
  db.prepare(`DELETE FROM messages WHERE ${among('session_id')}`).run(list);
  if (layout.tables.has('session_model_usage')) {
    db.prepare(`DELETE FROM session_model_usage WHERE ${among('session_id')}`).run(list);
  }
  db.prepare(`DELETE FROM sessions WHERE ${among('id')}`).run(list);
  for (const hash of prompts) dropPromptIfUnused(db, hash);
  return orphaned;
}

/** Hashes of the stored system prompts that the sessions of a JSON list of ids refer to. */
function promptsOf(db: Database, layout: Layout, list: string): readonly string[] {
  if (!layout.tables.has('system_prompts') || !layout.sessionColumns.has('system_prompt_hash')) return [];
  return db
    .prepare<[string], { hash: string }>(
      `SELECT DISTINCT system_prompt_hash AS hash FROM sessions
        WHERE system_prompt_hash IS NOT NULL AND id IN (SELECT value FROM json_each(?))`,
    )
    .all(list)
    .map((row) => row.hash);
}

function dropPromptIfUnused(db: Database, hash: string): void {
  db.prepare(
    'DELETE FROM system_prompts WHERE hash = ? AND NOT EXISTS (SELECT 1 FROM sessions WHERE system_prompt_hash = ?)',
  ).run(hash, hash);
}
