import type { Deadline } from '../../../sessions/search/deadline.js';
import { parseSearch } from '../../../sessions/search/search-query.js';
import {
  NOTHING_FOUND,
  TranscriptSearch,
  type FoundMessages,
  type TranscriptRow,
} from '../../../sessions/transcript/found-messages.js';
import type { HistoryMoment } from '../file/layout.js';
import { rowidOf } from '../file/rowids.js';
import { flagOf, numberOf } from '../file/values.js';
import { placeIn } from '../transcript/message-places.js';
import { copiesIn } from '../transcript/text-copies.js';
import { isInTranscriptSql, isShownSql } from '../transcript/transcript-sql.js';
import { searchableText } from './searchable-text.js';
import { readSearchedTexts, SEARCHED_BYTES } from './searched-texts.js';

/** Messages read per batch: some milliseconds of lock at a time. */
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
 * Finds the messages of a transcript that satisfy a search, by reading all of it. This also finds what an index omits, such as the end of a long tool
 * output.
 * @throws {DeadlineError}
 */
export function searchTranscript(
  history: HistoryMoment,
  request: TranscriptSearchRequest,
  deadline: Deadline,
): FoundMessages {
  const { reader } = history;
  const query = parseSearch(request.text);
  if (query === undefined) return NOTHING_FOUND;
  const rows = transcriptRows(history, request);
  const search = new TranscriptSearch(query, rows);
  for (let at = 0; at < rows.length; at += SLICE) {
    deadline.check();
    const slice = rows.slice(at, at + SLICE).map(({ id }) => id);
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

/** All message rows of a transcript, in its order. */
function transcriptRows(history: HistoryMoment, request: TranscriptSearchRequest): readonly TranscriptRow[] {
  const { sessionIds, includeInactive } = request;
  const place = placeIn(history, sessionIds, includeInactive);
  return sessionIds
    .flatMap((id) => rowsIn(history, id, { ...request, place }))
    .sort((a, b) => a.at - b.at || a.id - b.id);
}

function rowsIn(
  history: HistoryMoment,
  sessionId: string,
  {
    place,
    roles,
    includeInactive,
  }: Omit<TranscriptSearchRequest, 'text' | 'sessionIds'> & { readonly place: string },
): readonly TranscriptRow[] {
  const { reader, layout } = history;
  const ofRoles = roles === undefined ? '1' : 'm.role IN (SELECT value FROM json_each(?))';
  const parameters = roles === undefined ? [] : [JSON.stringify(roles)];
  const isShown = isShownSql(layout, includeInactive, copiesIn(history, [sessionId]));
  const isSearched = includeInactive ? isShown : isInTranscriptSql(layout);
  return reader
    .all(
      `SELECT m.id, ${place} AS place, ${isShown} AS is_shown FROM messages m WHERE m.session_id = ? AND ${ofRoles} AND ${isSearched}`,
      sessionId,
      ...parameters,
    )
    .map((row) => ({
      id: numberOf(row.id) ?? 0,
      at: numberOf(row.place) ?? 0,
      isShown: flagOf(row.is_shown),
    }));
}
