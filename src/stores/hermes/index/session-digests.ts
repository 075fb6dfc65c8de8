import { countOf, textOf } from '../file/values.js';
import { toPreview } from '../../../sessions/transcript/preview.js';
import { copiesIn } from '../transcript/text-copies.js';
import {
  isDisplayedSql,
  isInTranscriptSql,
  isShownOnceSql,
  isSummarySql,
} from '../transcript/transcript-sql.js';
import type { Layout } from '../file/layout.js';
import { readableSql } from '../file/readable-size.js';
import type { SqliteReader } from '../file/sqlite-reader.js';

/** What a list shows of a session's messages. */
export interface SessionDigest {
  /** User messages that are part of the transcript. */
  readonly turnCount: number;
  /** Start of the first user message that is more than a summary of earlier ones. */
  readonly preview: string;
}

/** One moment of a file, told from others by its data version. */
export interface HistoryMoment {
  readonly reader: SqliteReader;
  readonly layout: Layout;
  readonly dataVersion: number;
}

/** Summaries of earlier messages that are passed over to find a user's own words: each compaction in place leaves one at most. */
const MOST_SUMMARIES = 50;

/** Sessions that are remembered: far more than anybody looks at, little memory. */
const CAPACITY = 20_000;

/**
 * Remembers digests while the file is unchanged. A rewind leaves no trace but in the messages it marks,
 * so after any commit of another connection the sessions that are shown are read again, and only those.
 */
export class SessionDigests {
  readonly #digests = new Map<string, SessionDigest>();
  #reader: HistoryMoment['reader'] | undefined;
  #dataVersion = -1;

  of(view: HistoryMoment, id: string): SessionDigest {
    if (this.#dataVersion !== view.dataVersion || this.#reader !== view.reader) {
      this.#digests.clear();
      this.#reader = view.reader;
      this.#dataVersion = view.dataVersion;
    }
    const known = this.#digests.get(id);
    if (known !== undefined) return known;
    const digest = { turnCount: countTurns(view, id), preview: readPreview(view, id) };
    if (this.#digests.size >= CAPACITY) this.#digests.clear();
    this.#digests.set(id, digest);
    return digest;
  }
}

function countTurns({ reader, layout }: HistoryMoment, id: string): number {
  return countOf(
    reader.value(
      `SELECT count(*) FROM messages m WHERE m.session_id = ? AND m.role = 'user'
        AND ${isInTranscriptSql(layout)} AND ${isShownOnceSql(layout, copiesIn(reader, layout, [id]))} AND NOT ${isSummarySql()}`,
      id,
    ),
  );
}

/** One message after the other: nearly always the first one is it, and any can be large. */
function readPreview({ reader, layout }: HistoryMoment, id: string): string {
  for (let skipped = 0; skipped < MOST_SUMMARIES; skipped++) {
    const content = reader.value(
      `SELECT ${readableSql('m.content')} FROM messages m WHERE m.session_id = ? AND m.role = 'user' AND m.content IS NOT NULL
        AND ${isDisplayedSql(layout)} ORDER BY m.timestamp, m.id LIMIT 1 OFFSET ?`,
      id,
      skipped,
    );
    if (content === undefined) break;
    const preview = toPreview(textOf(content));
    if (preview !== null) return preview;
  }
  return '';
}
