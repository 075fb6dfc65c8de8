import { SEARCHED_COLUMNS } from '../file/readable-size.js';
import type { Deadline } from '../../../sessions/search/deadline.js';
import { parseSearch } from '../../../sessions/search/search-query.js';
import {
  NOTHING_FOUND,
  TranscriptSearch,
  type FoundMessages,
} from '../../../sessions/transcript/found-messages.js';
import type { Layout } from '../file/layout.js';
import type { SqliteReader } from '../file/sqlite-reader.js';
import { countOf } from '../file/values.js';
import { isShownSql } from '../transcript/transcript-sql.js';
import { searchableText } from './searchable-text.js';

/** Messages that are read in one go: some milliseconds of lock at a time. */
const SLICE = 200;

/** What is searched for, and in which transcript. */
export interface TranscriptSearchRequest {
  readonly text: string;
  /** The members of one chain. */
  readonly sessionIds: readonly string[];
  readonly roles?: readonly string[];
  readonly includeInactive: boolean;
}

/**
 * Finds the messages of a transcript that satisfy a search, by reading all of it: what an index leaves out, such as the end of a long
 * output of a tool, is found as well.
 * @throws {DeadlineError}
 */
export function searchTranscript(
  reader: SqliteReader,
  layout: Layout,
  request: TranscriptSearchRequest,
  deadline: Deadline,
): FoundMessages {
  const query = parseSearch(request.text);
  if (query === undefined) return NOTHING_FOUND;
  const search = new TranscriptSearch(query);
  const ids = request.sessionIds.flatMap((id) => transcriptIds(reader, layout, id, request));
  ids.sort((a, b) => a - b);
  for (let at = 0; at < ids.length; at += SLICE) {
    deadline.check();
    const rows = reader.all(
      `SELECT m.id, ${SEARCHED_COLUMNS} FROM messages m
        WHERE m.id IN (SELECT value FROM json_each(?)) ORDER BY m.id`,
      JSON.stringify(ids.slice(at, at + SLICE)),
    );
    for (const row of rows)
      search.add(countOf(row.id), searchableText([row.content, row.tool_name, row.tool_calls]));
  }
  return search.found();
}

function transcriptIds(
  reader: SqliteReader,
  layout: Layout,
  sessionId: string,
  { roles, includeInactive }: TranscriptSearchRequest,
): readonly number[] {
  const ofRoles = roles === undefined ? '1' : 'm.role IN (SELECT value FROM json_each(?))';
  const parameters = roles === undefined ? [] : [JSON.stringify(roles)];
  return reader
    .all(
      `SELECT m.id FROM messages m WHERE m.session_id = ? AND ${ofRoles} AND ${isShownSql(layout, includeInactive)}`,
      sessionId,
      ...parameters,
    )
    .map((row) => countOf(row.id));
}
