import { SEARCHED_COLUMNS } from '../file/readable-size.js';
import type { SessionMatch } from '../../../domain/session.js';
import type { HistoryMoment } from '../file/layout.js';
import { rowidOf } from '../file/rowids.js';
import { instantOf, textOf } from '../file/values.js';
import { isInTranscriptSql } from '../transcript/transcript-sql.js';
import { searchableText } from './searchable-text.js';
import type { SearchQuery } from '../../../sessions/search/search-query.js';
import { toSnippet } from '../../../sessions/search/snippet.js';

/** The message for which an entry of a list was found. */
export interface EntryHit {
  readonly messageId: number;
  /** The sessions of the entry. A message of any other session is not its hit, whatever was found before. */
  readonly sessionIds: readonly string[];
}

/** The messages that a page of search results shows, by id, with the text around the hits; without those rewound or removed meanwhile. */
export function readExcerpts(
  { reader, layout }: HistoryMoment,
  query: SearchQuery,
  hits: readonly EntryHit[],
): ReadonlyMap<number, SessionMatch> {
  const sql = `SELECT m.id, m.role, m.timestamp, ${SEARCHED_COLUMNS} FROM messages m
    WHERE m.id = ? AND m.session_id IN (SELECT value FROM json_each(?)) AND ${isInTranscriptSql(layout)}`;
  return new Map(
    hits.flatMap(({ messageId, sessionIds }) => {
      const message = reader.get(sql, messageId, JSON.stringify(sessionIds));
      if (message === undefined) return [];
      const excerpt: SessionMatch = {
        messageId: rowidOf(message.id),
        role: textOf(message.role),
        timestamp: instantOf(message.timestamp),
        snippet: toSnippet(query, searchableText([message.content, message.tool_name, message.tool_calls])),
      };
      return [[messageId, excerpt] as const];
    }),
  );
}
