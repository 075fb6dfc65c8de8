import { setImmediate as nextTurn } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { HermesConnection, type OpenHistory } from '../file/hermes-connection.js';
import type { SqliteReader } from '../file/sqlite-reader.js';
import { countOf, instantSql, requiredText } from '../file/values.js';
import { foldCase } from '../search/search-text.js';
import { chainedSessions, writeChains, writePlainConversations } from './conversations.js';
import { DROP_INDEX_TABLES, factStatements, INDEX_TABLES, type FactStatements } from './index-tables.js';

/** Rowids whose facts are written in one go while the index is built: a few milliseconds of lock at a time. */
const BUILD_SLICE = 1000;

interface BuiltIndex {
  readonly history: OpenHistory;
  readonly statements: FactStatements;
}

/** What was seen of `messages` when the index was last brought up to date. */
interface IndexState {
  readonly dataVersion: number;
  readonly newestMessageId: number;
  readonly messageCount: number;
}

/** One moment of the file, with an index that is equal to it. */
export interface IndexView extends OpenHistory {
  /** Changes whenever another connection commits. */
  readonly dataVersion: number;
}

/**
 * Facts about every session that no index of the file gives: last activity, lineage, what is listed.
 * Built in memory when the file is opened, and brought up to date before every answer when another
 * connection has committed since.
 */
@Injectable()
export class SessionIndex {
  #built: BuiltIndex | undefined;
  #building: Promise<void> | undefined;
  #progress = { done: 0, total: 0 };
  #refreshedAt: number | undefined;

  constructor(@Inject(HermesConnection) private readonly connection: HermesConnection) {}

  /** Rowids indexed so far and in all, while the index is being built. */
  get progress(): { readonly done: number; readonly total: number } {
    return this.#progress;
  }

  /** Milliseconds since the index was last known to be true; undefined before it is built. */
  get age(): number | undefined {
    return this.#refreshedAt === undefined ? undefined : performance.now() - this.#refreshedAt;
  }

  /** Whether the index of the file that is open now is built. */
  async isReady(): Promise<boolean> {
    const history = await this.connection.current();
    return this.#built?.history === history;
  }

  /** Starts building in the background; a failure shows in the next request. */
  start(): void {
    this.#prepare().catch(() => undefined);
  }

  /**
   * Runs `read` on one moment of the file with the index equal to it; waits for the index to be built.
   * `read` must not wait for anything.
   */
  async snapshot<T>(read: (view: IndexView) => T): Promise<T> {
    for (;;) {
      await this.#prepare();
      const answer = await this.connection.snapshot((history) => {
        // The file can be replaced between the two waits; then the index has to be built for the new one.
        if (this.#built?.history !== history) return undefined;
        return { value: read({ ...history, dataVersion: this.#refresh(this.#built) }) };
      });
      if (answer !== undefined) return answer.value;
    }
  }

  async #prepare(): Promise<void> {
    if (this.#built !== undefined && this.#built.history === (await this.connection.current())) return;
    this.#building ??= this.#build().finally(() => (this.#building = undefined));
    await this.#building;
  }

  /** Reads the file in slices, each its own short transaction; {@link #refresh} adds what changes meanwhile. */
  async #build(): Promise<void> {
    this.#built = undefined;
    const history = await this.connection.current();
    const statements = factStatements(history.layout);
    history.reader.db.function('fold_case', { deterministic: true }, (text: unknown) =>
      typeof text === 'string' ? foldCase(text) : null,
    );
    const last = await this.connection.snapshot(({ reader }) => this.#begin(reader));
    this.#progress = { done: 0, total: last };
    for (let rowid = 0; rowid <= last; rowid += BUILD_SLICE) {
      await this.connection.snapshot(({ reader }) =>
        reader.run(statements.insertRange, rowid, rowid + BUILD_SLICE),
      );
      this.#progress = { done: Math.min(last, rowid + BUILD_SLICE), total: last };
      await nextTurn();
    }
    await this.connection.snapshot(({ reader }) => {
      writePlainConversations(reader);
      writeChains(reader, chainedSessions(reader));
    });
    this.#built = { history, statements };
  }

  /** @returns the highest rowid of `sessions`. */
  #begin(reader: SqliteReader): number {
    reader.db.exec(DROP_INDEX_TABLES);
    reader.db.exec(INDEX_TABLES);
    // Version -1 is none that SQLite gives, so that the first refresh looks for what changed during the build.
    this.#writeState(reader, { ...readMessageState(reader), dataVersion: -1 });
    return countOf(reader.value('SELECT max(rowid) FROM sessions'));
  }

  /** @returns the data version that the index is equal to. */
  #refresh({ history, statements }: BuiltIndex): number {
    const { reader } = history;
    const dataVersion = countOf(reader.value('PRAGMA data_version'));
    const known = readState(reader);
    if (dataVersion !== known.dataVersion) {
      const now: IndexState = { ...readMessageState(reader), dataVersion };
      const touched = new Set([
        ...refreshSessions(reader, statements),
        ...refreshMessages(reader, statements, known, now),
      ]);
      writeChains(reader, touched);
      this.#writeState(reader, now);
    }
    this.#refreshedAt = performance.now();
    return dataVersion;
  }

  #writeState(reader: SqliteReader, state: IndexState): void {
    reader.run('DELETE FROM temp.index_state');
    reader.run(
      'INSERT INTO temp.index_state VALUES (?, ?, ?)',
      state.dataVersion,
      state.newestMessageId,
      state.messageCount,
    );
  }
}

function readState(reader: SqliteReader): IndexState {
  const row = reader.get('SELECT * FROM temp.index_state');
  return {
    dataVersion: Number(row?.data_version ?? -1),
    newestMessageId: countOf(row?.newest_message_id),
    messageCount: countOf(row?.message_count),
  };
}

function readMessageState(reader: SqliteReader): Omit<IndexState, 'dataVersion'> {
  return {
    newestMessageId: countOf(reader.value('SELECT max(id) FROM messages')),
    messageCount: countOf(reader.value('SELECT count(*) FROM messages')),
  };
}

/** Brings the facts of added, changed and removed session rows up to date, giving the ids whose chains may differ. */
function refreshSessions(reader: SqliteReader, statements: FactStatements): ReadonlySet<string> {
  const touched = new Set<string>();
  const changed = reader.all(statements.changed).map((row) => countOf(row.session_rowid));
  const removed = reader
    .all(
      'SELECT session_rowid FROM temp.session_facts WHERE session_rowid NOT IN (SELECT rowid FROM sessions)',
    )
    .map((row) => countOf(row.session_rowid));
  for (const rowid of [...removed, ...changed]) {
    for (const id of relatives(reader, rowid)) touched.add(id);
    reader.run('DELETE FROM temp.conversations WHERE root_rowid = ? OR session_rowid = ?', rowid, rowid);
    reader.run('DELETE FROM temp.session_facts WHERE session_rowid = ?', rowid);
  }
  for (const rowid of changed) {
    reader.run(statements.upsert, rowid);
    for (const id of relatives(reader, rowid)) touched.add(id);
  }
  return touched;
}

/** The session at `rowid`, its children, whose kind depends on it, and the members of its chain. */
function relatives(reader: SqliteReader, rowid: number): readonly string[] {
  return reader
    .all(
      `SELECT f.id, c.id AS child_id, m.id AS member_id FROM temp.session_facts f
        LEFT JOIN temp.session_facts c ON c.parent_session_id = f.id
        LEFT JOIN temp.session_facts m ON m.root_rowid = f.root_rowid
        WHERE f.session_rowid = ?`,
      rowid,
    )
    .flatMap((row) => [row.id, row.child_id, row.member_id])
    .filter((id) => typeof id === 'string');
}

/** Brings the newest message of every session up to date, giving the ids of those that changed. */
function refreshMessages(
  reader: SqliteReader,
  statements: FactStatements,
  known: IndexState,
  now: IndexState,
): ReadonlySet<string> {
  const added = reader.all(
    `SELECT session_id, count(*) AS messages, max(${instantSql('timestamp')}) AS newest
      FROM messages WHERE id > ? GROUP BY session_id`,
    known.newestMessageId,
  );
  const touched = new Set<string>();
  let addedCount = 0;
  for (const row of added) {
    addedCount += countOf(row.messages);
    touched.add(requiredText(row, 'session_id'));
    if (typeof row.newest !== 'number') continue;
    reader.run(
      `UPDATE temp.session_facts SET newest_message_at = max(coalesce(newest_message_at, -1), ?)
        WHERE id = ?`,
      row.newest,
      requiredText(row, 'session_id'),
    );
  }
  // Ids only grow (AUTOINCREMENT), so a smaller count than the additions explain means deletions.
  if (known.messageCount + addedCount !== now.messageCount) {
    for (const row of reader.all(statements.correctNewestMessages)) {
      const id = reader.value(
        'SELECT id FROM temp.session_facts WHERE session_rowid = ?',
        countOf(row.session_rowid),
      );
      if (typeof id === 'string') touched.add(id);
    }
  }
  return touched;
}
