import { Injectable } from '@nestjs/common';
import type { Database } from 'better-sqlite3';
import { ApiError } from '../../../http/errors.js';
import type { OpenHistory } from '../file/hermes-connection.js';
import type { SqliteReader, SqlValue } from '../file/sqlite-reader.js';
import { readableText } from '../transcript/message-content.js';
import { isInTranscriptSql } from '../transcript/transcript-sql.js';
import { parseSearch, toMatchExpression, type SearchExpression, type SearchQuery } from './search-query.js';
import { chooseSource, type SearchSource } from './search-source.js';
import { foldCase, needsSubstring } from './search-text.js';
import { matches } from './text-matcher.js';

/** How long the messages themselves may be scanned where no index can answer, in milliseconds. */
const SCAN_TIME_LIMIT = 10_000;

/** Added to the score of an entry whose title matches: whoever types a title looks for that conversation. */
const TITLE_SCORE = 1000;

/** What a search left in `temp.search_matches`. */
export interface SearchOutcome {
  /** undefined where there was nothing to search for. */
  readonly query: SearchQuery | undefined;
  readonly incomplete: boolean;
}

/** How hits become matches. */
export interface SearchOptions {
  /** Whether the best message of an entry counts (true) or its newest (false), which is much cheaper. */
  readonly ranked: boolean;
  /** Whether every session row is an entry, or every conversation. */
  readonly includeChildren: boolean;
}

/** Full-text search over messages and titles. */
@Injectable()
export class HistorySearch {
  readonly #prepared = new WeakSet<Database>();
  #scan: { readonly query: SearchQuery; readonly deadline: number } | undefined;

  /**
   * Finds the entries that match `text` and leaves them in `temp.search_matches`.
   * The raw full-text SQL of this store stands here and nowhere else.
   * @throws {ApiError} `search_timeout`
   */
  search(history: OpenHistory, text: string, options: SearchOptions): SearchOutcome {
    const { reader } = history;
    reader.run('DELETE FROM temp.search_hits');
    reader.run('DELETE FROM temp.search_matches');
    const query = parseSearch(text);
    if (query === undefined) return { query, incomplete: false };
    const source = chooseSource(history, query);
    this.#findMessages(history, query, source, options.ranked);
    findTitles(reader, query);
    reader.run(`INSERT INTO temp.search_matches
      SELECT ${options.includeChildren ? 'f.session_rowid' : 'f.root_rowid'} AS entry_rowid, h.message_id,
        ${TITLE_SCORE} * (sum(h.title_matches) > 0) - coalesce(min(h.rank), 0)
      FROM temp.search_hits h JOIN temp.session_facts f ON f.session_rowid = h.session_rowid
      WHERE f.root_rowid IS NOT NULL GROUP BY entry_rowid`);
    return { query, incomplete: !source.complete };
  }

  #findMessages(history: OpenHistory, query: SearchQuery, source: SearchSource, ranked: boolean): void {
    const { reader, layout } = history;
    // SQLite takes message_id from the row that has the least rank; the newest message is the one with the least -id.
    const hit = (rank: string): string => `INSERT INTO temp.search_hits (session_rowid, message_id, rank)
      SELECT f.session_rowid, m.id, min(${rank})`;
    const session = `JOIN temp.session_facts f ON f.id = m.session_id`;
    if (source.kind === 'index') {
      reader.run(
        `${hit(ranked ? `${source.table}.rank` : '-m.id')} FROM ${source.table}
          CROSS JOIN messages m ON m.id = ${source.table}.rowid ${session}
          WHERE ${source.table} MATCH ? AND ${isInTranscriptSql(layout)} GROUP BY f.session_rowid`,
        toMatchExpression(query.expression),
      );
      return;
    }
    const prefilter = scanPrefilter(query.expression);
    this.#prepareScan(reader.db, query);
    reader.run(
      `${hit('-m.id')} FROM messages m ${session} WHERE ${prefilter.condition}
        AND ${isInTranscriptSql(layout)} AND scan_matches(m.content, m.tool_name, m.tool_calls)
        GROUP BY f.session_rowid`,
      ...prefilter.parameters,
    );
  }

  #prepareScan(db: Database, query: SearchQuery): void {
    this.#scan = { query, deadline: performance.now() + SCAN_TIME_LIMIT };
    if (this.#prepared.has(db)) return;
    this.#prepared.add(db);
    db.function('scan_matches', (content: unknown, toolName: unknown, toolCalls: unknown) =>
      this.#scanMatches(content, toolName, toolCalls),
    );
  }

  #scanMatches(...stored: readonly unknown[]): number {
    if (this.#scan === undefined) return 0;
    if (performance.now() > this.#scan.deadline) throw new ApiError('search_timeout');
    const { expression, substring } = this.#scan.query;
    return matches(expression, searchableText(stored), substring ? 'substrings' : 'words') ? 1 : 0;
  }
}

/** What is searched in a message: its content and its tool's name and calls, as Hermes's own index holds them. */
export function searchableText(stored: readonly unknown[]): string {
  return stored
    .map((value) => (typeof value === 'string' ? readableText(value) : ''))
    .filter((text) => text !== '')
    .join(' ');
}

function findTitles(reader: SqliteReader, query: SearchQuery): void {
  const [first, ...rest] = query.titleTerms.map((term) => foldCase(term.text));
  if (first === undefined) return;
  reader.run(
    `INSERT INTO temp.search_hits (session_rowid, title_matches)
      SELECT session_rowid, 1 FROM temp.session_facts
      WHERE folded_title IS NOT NULL AND instr(folded_title, ?) > 0
        AND NOT EXISTS (SELECT 1 FROM json_each(?) term WHERE instr(folded_title, term.value) = 0)
      ON CONFLICT (session_rowid) DO UPDATE SET title_matches = 1`,
    first,
    JSON.stringify(rest),
  );
}

/**
 * Leaves most rows of a scan to SQLite: a term in a script without case that every hit must contain.
 * Structured content is left to the scan itself, since its JSON may hold that term escaped.
 */
function scanPrefilter(expression: SearchExpression): {
  readonly condition: string;
  readonly parameters: readonly SqlValue[];
} {
  const term = requiredTerms(expression).find(
    (text) => needsSubstring(text) && foldCase(text) === text.toUpperCase(),
  );
  if (term === undefined) return { condition: '1', parameters: [] };
  return {
    condition: `(instr(m.content, ?) > 0 OR instr(m.tool_calls, ?) > 0 OR instr(m.tool_name, ?) > 0
      OR substr(CAST(m.content AS BLOB), 1, 1) = x'00')`,
    parameters: [term, term, term],
  };
}

function requiredTerms(expression: SearchExpression): readonly string[] {
  switch (expression.kind) {
    case 'term':
      return [expression.text];
    case 'and':
      return expression.operands.flatMap(requiredTerms);
    case 'not':
      return requiredTerms(expression.include);
    case 'or':
      return [];
  }
}
