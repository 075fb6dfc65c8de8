import type { Database } from 'better-sqlite3';
import { ApiError } from '../../../http/errors.js';
import type { Layout } from '../file/layout.js';
import { chainRoot } from '../../../sessions/lineage/lineage.js';
import { LiveLineage } from '../lineage/live-lineage.js';
import { balanceTrigramIndex } from './trigram-balance.js';

/** How sessions are deleted. */
export interface DeletionRules {
  /** Whether a lease that an agent holds is no hindrance. */
  readonly force: boolean;
  /** Epoch seconds. */
  readonly now: number;
  /** Whether statements that fire the triggers on messages can run. */
  readonly canFireTriggers: boolean;
}

/** What a deletion did. */
export interface Deletion {
  /** Ids of all sessions that were deleted, the first named one first. */
  readonly deleted: readonly string[];
  /** Ids of the children that became roots. */
  readonly orphaned: readonly string[];
}

/** Deletes sessions inside one transaction, by Hermes's own rules. */
export class SessionDeletions {
  readonly #delegates: Delegates;

  constructor(
    private readonly db: Database,
    private readonly layout: Layout,
    private readonly rules: DeletionRules,
  ) {
    this.#delegates = new Delegates(db);
  }

  /**
   * Deletes sessions, their messages and their delegates; other children become roots.
   * @throws {ApiError} `session_not_found`, `tokenizer_unavailable`, `session_busy`; then nothing has been changed.
   */
  delete(ids: readonly string[]): Deletion {
    const { db, layout, rules } = this;
    const session = db.prepare('SELECT 1 FROM sessions WHERE id = ?');
    if (ids.some((id) => session.get(id) === undefined)) throw new ApiError('session_not_found');
    if (!rules.canFireTriggers) throw new ApiError('tokenizer_unavailable');
    const deleted = [...new Set(ids.flatMap((id) => [id, ...this.#delegates.of(id)]))];
    if (!rules.force && deleted.some((id) => isBusy(db, layout, id, rules.now)))
      throw new ApiError('session_busy');
    const orphaned = deleteRows(db, layout, deleted);
    this.#delegates.forget(deleted);
    return { deleted, orphaned };
  }
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

interface DelegateRow {
  readonly id: string;
  readonly parent_session_id: string | null;
  readonly delegate_from: string;
}

/**
 * The sessions that worked for others, read once for a transaction: no index of the file leads to them, so finding
 * them reads every session row.
 */
class Delegates {
  #rows: readonly DelegateRow[];

  constructor(db: Database) {
    this.#rows = db
      .prepare<[], DelegateRow>(
        `SELECT id, parent_session_id, json_extract(model_config, '$._delegate_from') AS delegate_from FROM sessions
          WHERE CASE WHEN instr(model_config, '_delegate_from') > 0 AND json_valid(model_config)
            THEN json_extract(model_config, '$._delegate_from') IS NOT NULL END`,
      )
      .all();
  }

  /** Rows that worked for a session: marked with its id, or marked at all and its children; and theirs in turn. */
  of(id: string): readonly string[] {
    const found = new Set([id]);
    for (const owner of found) {
      for (const row of this.#rows) {
        if (row.delegate_from === owner || row.parent_session_id === owner) found.add(row.id);
      }
    }
    found.delete(id);
    return [...found];
  }

  /** Leaves out rows that were deleted. */
  forget(ids: readonly string[]): void {
    const gone = new Set(ids);
    this.#rows = this.#rows.filter(({ id }) => !gone.has(id));
  }
}

/** An unexpired lease or lock says that an agent is in the middle of the session. */
function isBusy(db: Database, layout: Layout, id: string, now: number): boolean {
  const holds = (table: string, column: string, holder: string): boolean =>
    layout.tables.has(table) &&
    db.prepare(`SELECT 1 FROM ${table} WHERE ${column} = ? AND expires_at > ?`).get(holder, now) !==
      undefined;
  if (holds('compression_locks', 'session_id', id)) return true;
  const lineage = LiveLineage.of(db, layout);
  const node = lineage.node(id);
  return holds(
    'session_turn_leases',
    'conversation_id',
    node === undefined ? id : chainRoot(lineage, node).id,
  );
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
