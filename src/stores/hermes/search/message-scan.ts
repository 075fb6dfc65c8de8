import { readableSql, SEARCHED_COLUMNS } from '../file/readable-size.js';
import type { HistoryMoment } from '../file/layout.js';
import type { Row, SqlValue } from '../file/sqlite-reader.js';
import { rowidOf } from '../file/rowids.js';
import { countOf } from '../file/values.js';
import type { Deadline } from '../../../sessions/search/deadline.js';
import type { SearchExpression, SearchQuery } from '../../../sessions/search/search-query.js';
import { withPresentation } from '../../../sessions/search/search-text.js';
import { isInTranscriptSql } from '../transcript/transcript-sql.js';
import { isHit, type StoredTexts } from './searchable-text.js';
import { BYTES_AT_ONCE } from '../../read-model/message-parts.js';
import { readSearchedTexts, SEARCHED_BYTES } from './searched-texts.js';
import type { FoundSessions } from './found-sessions.js';

/** Message ids scanned per batch if no index can answer: a few milliseconds of lock at a time. */
const SCAN_SLICE = 2000;

/** Sessions whose messages are scanned per batch. */
const SESSIONS_AT_ONCE = 50;

/** What a scan needs. */
export interface ScanRequest {
  readonly deadline: Deadline;
}

/** Reads the messages themselves, in batches, if no index can answer. */
export class MessageScan {
  constructor(private readonly history: HistoryMoment) {}

  /**
   * Adds what it finds to `found`, newest messages first.
   * @throws {DeadlineError} after it found only a part
   */
  findAfter(after: number, query: SearchQuery, request: ScanRequest, found: FoundSessions): void {
    for (
      let until = this.#lastIdUpTo(Number.MAX_SAFE_INTEGER);
      until > after;
      until = this.#lastIdUpTo(until - SCAN_SLICE)
    ) {
      const part = {
        where: 'm.id > ? AND m.id <= ?',
        parameters: [Math.max(after, until - SCAN_SLICE), until],
      };
      this.#read(part, query, request, found);
    }
  }

  /**
   * Like {@link findAfter}, in some sessions and without tool output, which the trigram index omits for all sessions.
   * @throws {DeadlineError}
   */
  findIn(
    sessionIds: readonly string[],
    query: SearchQuery,
    request: ScanRequest,
    found: FoundSessions,
  ): void {
    for (let at = 0; at < sessionIds.length; at += SESSIONS_AT_ONCE) {
      const some = JSON.stringify(sessionIds.slice(at, at + SESSIONS_AT_ONCE));
      const where = "m.session_id IN (SELECT value FROM json_each(?)) AND m.role <> 'tool'";
      const part = { where, parameters: [some] };
      this.#read(part, query, request, found);
    }
  }

  #read(
    part: { readonly where: string; readonly parameters: readonly SqlValue[] },
    query: SearchQuery,
    { deadline }: ScanRequest,
    found: FoundSessions,
  ): void {
    const prefilter = scanPrefilter(query);
    const read = (columns: string): readonly Row[] =>
      this.history.reader.all(
        `SELECT m.id, abs(o.session) AS session, ${columns} FROM messages m CROSS JOIN known_messages o ON o.id = m.id
          WHERE ${part.where} AND ${prefilter.condition} AND ${isInTranscriptSql(this.history.layout)} ORDER BY m.id DESC`,
        ...part.parameters,
        ...prefilter.parameters,
      );
    const take = ({ id, session }: Row, texts: StoredTexts): void => {
      deadline.check();
      if (isHit(query, texts)) found.take([[countOf(session), 0, rowidOf(id)]]);
    };
    // Nearly all are small: a separate lookup of each would take as long as reading it.
    const bytes = this.history.reader.value(
      `SELECT sum(${SEARCHED_BYTES}) FROM messages m WHERE ${part.where}`,
      ...part.parameters,
    );
    if (countOf(bytes) > BYTES_AT_ONCE)
      readSearchedTexts(this.history.reader, read(`${SEARCHED_BYTES} AS bytes`), take);
    else for (const row of read(SEARCHED_COLUMNS)) take(row, [row.content, row.tool_name, row.tool_calls]);
    deadline.check();
  }

  /** Skips wide gaps between ids. */
  #lastIdUpTo(id: number): number {
    return countOf(this.history.reader.value('SELECT max(id) FROM messages WHERE id <= ?', id));
  }
}

const CONTENT = readableSql('m.content');

/**
 * Lets SQLite filter most rows of a scan, by a caseless text that every hit must contain. Structured content is left to the scan itself, since its
 * JSON may hold that text escaped.
 */
function scanPrefilter({ expression, substring }: SearchQuery): {
  readonly condition: string;
  readonly parameters: readonly SqlValue[];
} {
  const term = substring ? requiredTexts(expression).find(hasNoCase) : undefined;
  if (term === undefined) return { condition: '1', parameters: [] };
  return {
    condition: `(instr(${CONTENT}, ?) > 0 OR instr(${readableSql('m.tool_calls')}, ?) > 0 OR instr(m.tool_name, ?) > 0
      OR substr(CAST(${CONTENT} AS BLOB), 1, 1) = x'00')`,
    parameters: [term, term, term],
  };
}

function hasNoCase(text: string): boolean {
  return text.toLowerCase() === text.toUpperCase();
}

/** Texts that every hit contains in stored form. */
function requiredTexts(expression: SearchExpression): readonly string[] {
  switch (expression.kind) {
    case 'term':
      // Some symbols may be followed by one more character, or one less.
      return withPresentation(expression.text) === expression.text
        ? [expression.text]
        : Array.from(expression.text).slice(0, 1);
    case 'and':
      return expression.operands.flatMap(requiredTexts);
    case 'not':
      return requiredTexts(expression.include);
    case 'or':
      return [];
  }
}
