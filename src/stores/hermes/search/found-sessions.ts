import type { SessionPageRequest } from '../../../sessions/session-query.js';
import {
  countsOf,
  countsQuery,
  kindOf,
  sampleOf,
  TITLE_SCORE,
  type Candidates,
  type ListCounts,
} from '../../read-model/session-page.js';
import type { SqliteReader, SqlValue } from '../file/sqlite-reader.js';
import { ENTRIES, historyScope, SQLITE } from '../index/sqlite-dialect.js';
import { pageQuery, type ListedEntry } from '../listing/listed-entries.js';

/** A session keeps its hit with the highest score; among equals, the newest message. */
const KEEP_BEST = `DO UPDATE SET score = excluded.score, message_id = excluded.message_id
  WHERE excluded.score > score OR (excluded.score = score AND excluded.message_id > message_id)`;

const TABLES = `
  CREATE TEMP TABLE found_sessions (session INTEGER PRIMARY KEY, score REAL NOT NULL, message_id INTEGER);
  CREATE TEMP TABLE found_titles (session INTEGER PRIMARY KEY);
  CREATE TEMP TABLE found_children (session INTEGER PRIMARY KEY);`;

const INSERT_SESSION = 'INSERT INTO temp.found_sessions (session, score, message_id)';

function candidatesOf({ filter }: SessionPageRequest): Candidates {
  const { table, key } = ENTRIES[kindOf(filter)];
  return {
    entries: `temp.found_sessions f CROSS JOIN ${table} e ON e.${key} = f.session`,
    sessions: 'temp.found_children f CROSS JOIN known_sessions e ON e.number = f.session',
    parameters: {},
  };
}

/** Which page of the found entries to select. */
interface FoundPageRequest {
  readonly request: SessionPageRequest;
  /** Returns only every n-th entry of the page. */
  readonly every: number;
  /** The name of the history. */
  readonly profile: string;
}

/** The hits of a search in temporary tables of its connection, from which pages are selected like from all sessions. */
export class FoundSessions {
  constructor(private readonly reader: SqliteReader) {
    reader.db.exec(TABLES);
  }

  /** Deletes the hits of the previous search. */
  clear(): void {
    this.reader.db.exec(
      'DELETE FROM temp.found_sessions; DELETE FROM temp.found_titles; DELETE FROM temp.found_children',
    );
  }

  /** Adds the hits that a query selects: session number, score and message; better hits have higher scores. */
  takeSelected(select: string, ...parameters: readonly SqlValue[]): void {
    this.reader.run(`${INSERT_SESSION} ${select} ON CONFLICT (session) ${KEEP_BEST}`, ...parameters);
  }

  /** Adds hits: session number, score and message of each. */
  take(hits: readonly (readonly [session: number, score: number, messageId: number])[]): void {
    const insert = this.reader.db.prepare<[number, number, number]>(
      `${INSERT_SESSION} VALUES (?, ?, ?) ON CONFLICT (session) ${KEEP_BEST}`,
    );
    this.reader.db.transaction(() => {
      for (const hit of hits) insert.run(...hit);
    })();
  }

  /** Adds the sessions whose titles match, by their rowids. */
  takeTitled(rowids: readonly number[]): void {
    if (rowids.length === 0) return;
    this.reader.run(
      `INSERT OR IGNORE INTO temp.found_titles
        SELECT k.number FROM json_each(?) r CROSS JOIN known_sessions k ON k.session_rowid = r.value`,
      JSON.stringify(rowids),
    );
  }

  /** A page of what was found, in one snapshot of the index. */
  page({ request, every, profile }: FoundPageRequest): {
    readonly entries: readonly ListedEntry[];
    readonly counts: ListCounts;
  } {
    const { reader } = this;
    return reader.turns.take(() =>
      reader.db.transaction(() => {
        if (!request.filter.includeChildren) this.#gatherFamilies();
        this.#addTitles(request.filter.includeChildren);
        const scope = { dialect: SQLITE, history: historyScope(profile), candidates: candidatesOf(request) };
        return {
          entries: reader.rowsOf(sampleOf(pageQuery(this.#behindPlaceOfNow(request, profile), scope), every)),
          counts: countsOf(reader.rowsOf(countsQuery(request.filter, scope)), request.filter),
        };
      })(),
    );
  }

  /**
   * Starts a page by relevance after the current position of the cursor's entry: each new message changes all scores (bm25 depends on the number of
   * messages, and on how many contain the words). An entry that is not found any more keeps its old position.
   */
  #behindPlaceOfNow(request: SessionPageRequest, profile: string): SessionPageRequest {
    const { start, sort, filter } = request;
    const after = 'after' in start ? start.after : undefined;
    if (sort !== 'relevance' || after?.profile !== profile) return request;
    const { table, key, id } = ENTRIES[kindOf(filter)];
    const now = this.reader.get(
      `SELECT f.score, e.started_order, e.${id} AS id FROM known_sessions k
        CROSS JOIN temp.found_sessions f ON f.session = k.${filter.includeChildren ? 'number' : 'family_number'}
        CROSS JOIN ${table} e ON e.${key} = f.session WHERE k.id = ?`,
      after.id,
    );
    if (now === undefined) return request;
    const place = { value: Number(now.score), startedAt: Number(now.started_order), id: String(now.id) };
    return { ...request, start: { ...start, after: { ...after, ...place } } };
  }

  /** Credits hits in any session of a chain to its root, by which conversations are listed. Most sessions are their own chain. */
  #gatherFamilies(): void {
    for (const found of ['found_sessions', 'found_titles'])
      for (const from of [
        `temp.${found} f CROSS JOIN known_sessions k INDEXED BY known_sessions_children ON k.number = f.session WHERE NOT k.is_entry`,
        // The tip of a chain is not an entry for a caller who may not know of the whole chain.
        `known_sessions k INDEXED BY known_sessions_by_family CROSS JOIN temp.${found} f ON f.session = k.number
          WHERE k.family_number <> k.number`,
      ])
        this.reader.run(`INSERT OR IGNORE INTO temp.found_children SELECT k.number FROM ${from}`);
    this.reader.run(
      `${INSERT_SESSION} SELECT k.family_number, f.score, f.message_id
        FROM known_sessions k INDEXED BY known_sessions_by_family CROSS JOIN temp.found_sessions f ON f.session = k.number
        WHERE k.family_number <> k.number ON CONFLICT (session) ${KEEP_BEST}`,
    );
  }

  /** A title counts once per entry, however many members of its chain have a matching one. */
  #addTitles(includeChildren: boolean): void {
    this.reader.run(
      `${INSERT_SESSION} SELECT DISTINCT ${includeChildren ? 'k.number' : 'k.family_number'}, ${TITLE_SCORE}, NULL
        FROM temp.found_titles f CROSS JOIN known_sessions k ON k.number = f.session WHERE true
        ON CONFLICT (session) DO UPDATE SET score = score + excluded.score`,
    );
  }
}
