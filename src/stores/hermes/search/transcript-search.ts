import type { Deadline } from '../../../sessions/search/deadline.js';
import { parseSearch } from '../../../sessions/search/search-query.js';
import {
  NOTHING_FOUND,
  TranscriptSearch,
  type FoundMessages,
} from '../../../sessions/transcript/found-messages.js';
import type { Layout } from '../file/layout.js';
import type { SqliteReader } from '../file/sqlite-reader.js';
import { rowidOf } from '../file/rowids.js';
import { numberOf } from '../file/values.js';
import type { MessagePlace } from '../../../sessions/transcript/message-place.js';
import { placeIn } from '../transcript/message-places.js';
import { copiesIn } from '../transcript/text-copies.js';
import { isShownSql } from '../transcript/transcript-sql.js';
import { searchableText } from './searchable-text.js';
import { readSearchedTexts, SEARCHED_BYTES } from './searched-texts.js';

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
  const ids = transcriptIds(reader, layout, request);
  for (let at = 0; at < ids.length; at += SLICE) {
    deadline.check();
    const slice = ids.slice(at, at + SLICE);
    const messages = reader.all(
      `SELECT m.id, ${SEARCHED_BYTES} AS bytes FROM json_each(?) s CROSS JOIN messages m ON m.id = s.value ORDER BY s.key`,
      JSON.stringify(slice),
    );
    readSearchedTexts(reader, messages, ({ id }, texts) => {
      deadline.check();
      search.add(rowidOf(id), searchableText(texts));
    });
  }
  return search.found();
}

/** Ids of all messages of a transcript, in its order. */
function transcriptIds(
  reader: SqliteReader,
  layout: Layout,
  { sessionIds, roles, includeInactive }: TranscriptSearchRequest,
): readonly number[] {
  const place = placeIn(reader, layout, sessionIds, includeInactive);
  return sessionIds
    .flatMap((id) => placesIn(reader, layout, id, { place, roles, includeInactive }))
    .sort((a, b) => a.at - b.at || a.id - b.id)
    .map(({ id }) => id);
}

function placesIn(
  reader: SqliteReader,
  layout: Layout,
  sessionId: string,
  {
    place,
    roles,
    includeInactive,
  }: Omit<TranscriptSearchRequest, 'text' | 'sessionIds'> & { readonly place: string },
): readonly MessagePlace[] {
  const ofRoles = roles === undefined ? '1' : 'm.role IN (SELECT value FROM json_each(?))';
  const parameters = roles === undefined ? [] : [JSON.stringify(roles)];
  const isShown = isShownSql(layout, includeInactive, copiesIn(reader, layout, [sessionId]));
  return reader
    .all(
      `SELECT m.id, ${place} AS place FROM messages m WHERE m.session_id = ? AND ${ofRoles} AND ${isShown}`,
      sessionId,
      ...parameters,
    )
    .map((row) => ({ id: numberOf(row.id) ?? 0, at: numberOf(row.place) ?? 0 }));
}
