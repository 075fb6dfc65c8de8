import { LRUCache } from 'lru-cache';
import { countOf, requiredText, textOf } from '../file/values.js';
import { toPreview } from '../../../sessions/transcript/preview.js';
import { copiesIn, WITHOUT_COPIES, type TextCopies } from '../transcript/text-copies.js';
import {
  isDisplayedSql,
  isInTranscriptSql,
  isShownOnceSql,
  isSummarySql,
} from '../transcript/transcript-sql.js';
import type { HistoryMoment, Layout } from '../file/layout.js';
import { readableSql } from '../file/readable-size.js';
import type { SqliteReader, SqlValue } from '../file/sqlite-reader.js';

/** What a list shows of a session's messages. */
export interface SessionDigest {
  /** User messages that are part of the transcript. */
  readonly turnCount: number;
  /** Start of the first user message that is more than a summary of earlier ones. */
  readonly preview: string;
}

/** One snapshot of a file, identified by its data version. */
export interface VersionedMoment extends HistoryMoment {
  readonly dataVersion: number;
}

/** Most summaries skipped in search of a user's own words: each compaction in place leaves at most one. */
const MOST_SUMMARIES = 50;

/** Below all ids that JavaScript numbers tell apart. */
const LOWEST_ID = Number.MIN_SAFE_INTEGER;

const NO_DIGEST: SessionDigest = { turnCount: 0, preview: '' };

/** Sessions remembered: far more than anybody looks at, in little memory. */
const CAPACITY = 20_000;

/**
 * From this many messages on, the ids of a session's user messages are remembered. Otherwise all other rows would be read again after each commit.
 */
const LONG = 100;

/**
 * Bytes of a message from which on its preview is remembered for a while, by id and length: a picture of some megabytes is not read and parsed again
 * after each commit for a line of 60 characters.
 */
const LARGE = 16_384;
const REMEMBERED_FOR = 60_000;

/** User message ids remembered for all sessions together. */
const MOST_USER_MESSAGES = 500_000;

/** The user messages of a session, shown or not. A message's role never changes. */
interface UserMessages {
  readonly ids: readonly number[];
  /** The session's newest message id, and the sum of the ids of all of its messages. */
  readonly newest: number;
  readonly total: number;
}

/** Queries for one message, by its offset among those that match a condition. */
interface MessageQueries {
  /** Its id and length in bytes, which SQLite tells without reading the content. */
  readonly size: string;
  readonly content: string;
}

/** The queries for the messages of a session in one layout. */
class DigestQueries {
  /** The turn counts of several sessions; NULL if messages may have several rows, which is then checked session by session. */
  readonly turns: string;
  /** The user messages of a session, one at a time; and those up to an id. */
  readonly userMessage: MessageQueries;
  readonly earlierMessage: MessageQueries;
  /** How many messages a session has after an id, and how many turns among them. */
  readonly added: string;
  /** The message counts of several sessions. */
  readonly stored = `SELECT w.value AS id, (SELECT count(*) FROM messages m WHERE m.session_id = w.value) AS stored FROM json_each(?) w`;
  /** The messages of a session after an id, and whether each is a user's. The unary plus keeps SQLite from scanning all messages of the file. */
  readonly behind = "SELECT m.id, m.role = 'user' FROM messages m WHERE m.session_id = ? AND +m.id > ?";
  /** The sum of the ids of a session's messages, which an index provides. */
  readonly total = 'SELECT total(m.id) FROM messages m WHERE m.session_id = ?';

  constructor(readonly layout: Layout) {
    const turns = turnsSql(layout, WITHOUT_COPIES, 'm.session_id = w.value');
    this.turns = `SELECT w.value AS id, CASE WHEN ${mayStandTwiceSql(layout)} THEN NULL ELSE ${turns} END AS turns
      FROM json_each(?) w`;
    const userMessage = (condition: string): MessageQueries => {
      const found = `FROM messages m WHERE ${condition} AND m.role = 'user'
        AND m.content IS NOT NULL AND ${isDisplayedSql(layout)} ORDER BY m.timestamp, m.id LIMIT 1 OFFSET ?`;
      return {
        size: `SELECT m.id, octet_length(m.content) ${found}`,
        content: `SELECT ${readableSql('m.content')} ${found}`,
      };
    };
    this.userMessage = userMessage('m.session_id = ?');
    this.earlierMessage = userMessage('m.session_id = ? AND m.id <= ?');
    const behind = 'm.session_id = ? AND m.id > ?';
    this.added = `SELECT (SELECT count(*) FROM messages m WHERE ${behind}) AS messages, ${turnsSql(layout, WITHOUT_COPIES, behind)} AS turns`;
  }
}

/**
 * Caches digests while the file is unchanged. A rewind leaves no trace except in the messages that it marks, so after a commit of another connection
 * the shown sessions are read again, and only those.
 */
export class SessionDigests {
  readonly #digests = new Map<string, SessionDigest>();
  readonly #userMessages = new LRUCache<string, UserMessages>({
    maxSize: MOST_USER_MESSAGES,
    sizeCalculation: ({ ids }) => ids.length + 1,
  });
  /** Previews of large messages, by id and length. */
  readonly #previews = new LRUCache<string, { readonly text: string | null }>({
    max: CAPACITY,
    ttl: REMEMBERED_FOR,
  });
  #reader: SqliteReader | undefined;
  #dataVersion = -1;
  #queries: DigestQueries | undefined;

  of(view: VersionedMoment, id: string): SessionDigest {
    this.read(view, [id]);
    return this.#digests.get(id) ?? NO_DIGEST;
  }

  /** Reads the digests of several sessions at once, which {@link of} then returns. */
  read(view: VersionedMoment, ids: readonly string[]): void {
    if (this.#dataVersion !== view.dataVersion || this.#reader !== view.reader) {
      this.#digests.clear();
      if (this.#reader !== view.reader) this.#forgetMessages();
      this.#reader = view.reader;
      this.#dataVersion = view.dataVersion;
    }
    const unknown = ids.filter((id) => !this.#digests.has(id));
    if (unknown.length === 0) return;
    if (this.#digests.size + unknown.length > CAPACITY) this.#digests.clear();
    const { userMessage } = this.#queriesOf(view.layout);
    for (const [id, turnCount] of this.#turnsOf(view, unknown))
      this.#digests.set(id, { turnCount, preview: this.#previewOf(view.reader, userMessage, id) });
  }

  #forgetMessages(): void {
    this.#userMessages.clear();
    this.#previews.clear();
  }

  #turnsOf(view: HistoryMoment, ids: readonly string[]): ReadonlyMap<string, number> {
    const { reader, layout } = view;
    const { turns, stored } = this.#queriesOf(layout);
    const found = new Map<string, number>();
    const short: string[] = [];
    for (const row of reader.all(stored, JSON.stringify(ids))) {
      const id = requiredText(row, 'id');
      const messages = countOf(row.stored) < LONG ? undefined : this.#userMessagesOf(view, id);
      if (messages === undefined) short.push(id);
      else found.set(id, this.#turnsAmong(view, id, messages.ids));
    }
    if (short.length === 0) return found;
    for (const row of reader.all(turns, JSON.stringify(short))) {
      const id = requiredText(row, 'id');
      found.set(id, row.turns === null ? countTurns(view, id) : countOf(row.turns));
    }
    return found;
  }

  /**
   * The user messages of a session. The known ids are reused if the sum of all ids is the known sum plus the new ids; otherwise messages were
   * removed, or some with older ids were added.
   * @returns undefined if SQLite may reuse ids, or JavaScript numbers do not tell them apart.
   */
  #userMessagesOf({ reader, layout }: HistoryMoment, id: string): UserMessages | undefined {
    if (!layout.tables.has('sqlite_sequence')) return undefined;
    const { behind, total: totalOf } = this.#queriesOf(layout);
    const known = this.#userMessages.get(id);
    const total = Number(reader.value(totalOf, id));
    const added = reader.tuples(behind, id, known?.newest ?? LOWEST_ID);
    const isGrown = known !== undefined && known.total + sumOf(added) === total;
    const rows = known === undefined || isGrown ? added : reader.tuples(behind, id, LOWEST_ID);
    const newest = rows.reduce(
      (last, [message]) => Math.max(last, Number(message)),
      isGrown ? known.newest : 0,
    );
    if (!Number.isSafeInteger(newest) || !Number.isSafeInteger(total)) return undefined;
    const users = rows.flatMap(([message, isUser]) => (isUser === 1 ? [Number(message)] : []));
    const messages = { ids: isGrown ? [...known.ids, ...users] : users, newest, total };
    this.#userMessages.set(id, messages);
    return messages;
  }

  /** How many turns there are among some messages of a session. */
  #turnsAmong(history: HistoryMoment, id: string, ids: readonly number[]): number {
    const { reader, layout } = history;
    const copies = copiesIn(history, [id], ids);
    // The unary plus keeps SQLite from scanning all messages of the session.
    const among = 'm.id IN (SELECT value FROM json_each(?)) AND +m.session_id = ?';
    return countOf(reader.value(`SELECT ${turnsSql(layout, copies, among)}`, JSON.stringify(ids), id));
  }

  /**
   * The digest of a session before messages were added to it, if nothing else happened to the others.
   * @param newestMessage the id after which the added messages come.
   * @returns undefined if fewer than `added` messages come after it.
   */
  before(
    view: VersionedMoment,
    id: string,
    { added, newestMessage }: { readonly added: number; readonly newestMessage: number },
  ): SessionDigest | undefined {
    const { reader } = view;
    const queries = this.#queriesOf(view.layout);
    const row = reader.get(queries.added, id, newestMessage, id, newestMessage);
    if (countOf(row?.messages) < added) return undefined;
    const { turnCount, preview } = this.of(view, id);
    const turns = countOf(row?.turns);
    if (turns === 0) return { turnCount, preview };
    return {
      turnCount: turnCount - turns,
      preview: this.#previewOf(reader, queries.earlierMessage, id, newestMessage),
    };
  }

  /** Reads one message at a time: nearly always the first one fits, and any can be large. @param key the parameters that select the messages. */
  #previewOf(reader: SqliteReader, message: MessageQueries, ...key: readonly SqlValue[]): string {
    for (let skipped = 0; skipped < MOST_SUMMARIES; skipped++) {
      const [size] = reader.tuples(message.size, ...key, skipped);
      if (size === undefined) break;
      const read = (): string | null => toPreview(textOf(reader.value(message.content, ...key, skipped)));
      const preview = Number(size[1]) < LARGE ? read() : this.#remembered(size.join(), read);
      if (preview !== null) return preview;
    }
    return '';
  }

  /** @param key a message's id and length. */
  #remembered(key: string, read: () => string | null): string | null {
    const known = this.#previews.get(key);
    if (known !== undefined) return known.text;
    const text = read();
    this.#previews.set(key, { text });
    return text;
  }

  #queriesOf(layout: Layout): DigestQueries {
    if (this.#queries?.layout !== layout) this.#queries = new DigestQueries(layout);
    return this.#queries;
  }
}

/** The sum of the ids in the first column. */
function sumOf(rows: readonly (readonly SqlValue[])[]): number {
  return rows.reduce((sum, [id]) => sum + Number(id), 0);
}

/** SQL condition: the session `w.value` may have several rows of the same message, as a compaction in place leaves them. */
function mayStandTwiceSql(layout: Layout): string {
  if (!layout.messageColumns.has('compacted')) return '0';
  // If all messages are active, all are shown. Without an index on `active`, reading each message twice would take longer.
  return layout.activeIsIndexed
    ? 'EXISTS (SELECT 1 FROM messages m WHERE m.session_id = w.value AND m.active = 0)'
    : '1';
}

/** SQL expression: the number of turns among the messages of one session that match a condition. */
function turnsSql(layout: Layout, copies: TextCopies, condition: string): string {
  return `(SELECT count(*) FROM messages m WHERE ${condition} AND m.role = 'user'
    AND ${isInTranscriptSql(layout)} AND ${isShownOnceSql(layout, copies)} AND NOT ${isSummarySql()})`;
}

function countTurns(history: HistoryMoment, id: string): number {
  const turns = turnsSql(history.layout, copiesIn(history, [id]), 'm.session_id = ?');
  return countOf(history.reader.value(`SELECT ${turns}`, id));
}
