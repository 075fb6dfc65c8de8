import type { EntityManager } from 'typeorm';
import type { Deadline } from '../../../sessions/search/deadline.js';
import type { SearchQuery } from '../../../sessions/search/search-query.js';
import { matches } from '../../../sessions/search/text-matcher.js';
import { queryNamed, readInParts } from '../connection/named-query.js';
import { allOf, together, type SqlPiece } from '../../read-model/sql-piece.js';
import { isSearched, MESSAGE_STATE } from '../../../sessions/transcript/message-state.js';
import { MessageReader, type Candidate, type HitMessage, type SessionKey } from './message-reader.js';
import { partText, wordText } from './searchable-text.js';
import { MOST_LOOKED_AT, rowsAlongListSql, type ListWalk } from './search-sql.js';
import type { WordQuery } from './word-query.js';

/** Word-index rows whose candidates are checked in one batch. */
const ROWS_AT_ONCE = 2000;

/** Rows of a list whose candidates are read in one batch. A page fills soon if the words are frequent. */
const LISTED_ROWS = 200;

/** A row of the word index. */
interface WordRow {
  readonly history_id: number;
  readonly session_number: number;
  readonly message_ids: readonly string[];
  readonly is_whole: boolean;
  readonly places: Readonly<Record<string, readonly number[]>> | null;
}

/** A word-index row of a list entry, with the entry's position from 1. */
type ListedRow = WordRow & { readonly place: number };

/** The hits found along a list, as far as it was walked. */
export interface NearestHits {
  /** All sessions with hits of the entries that were found. */
  readonly read: readonly SessionKey[];
  /** How many entries were found, and among how many first entries of the list. */
  readonly found: number;
  readonly among: number;
}

/** Reads messages to confirm hits where the word index alone cannot decide. */
export class MessageHits {
  readonly #messages: MessageReader;
  /** Whether the sessions that were read along a list have a hit, so that they are not read again. */
  readonly #known = new SessionMap<boolean>();

  constructor(
    private readonly manager: EntityManager,
    private readonly deadline: Deadline,
  ) {
    this.#messages = new MessageReader(manager);
  }

  /**
   * Sessions whose hits had to be confirmed by reading: all if the query is not exact, otherwise those with incomplete word-index rows.
   * @param histories conditions on the searched histories, with the alias `w`.
   */
  async confirmed(
    query: SearchQuery,
    words: WordQuery,
    histories: readonly SqlPiece[],
  ): Promise<readonly SessionKey[]> {
    if (words.text === undefined) return this.#scan(query, words, histories);
    const match = words.isExact ? NOT_WHOLE : rowCondition(words);
    const rows = await this.#wordRows(words, ALL_ROWS, allOf([...histories, match]));
    const found = new SessionMap<SessionKey>();
    for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
      const candidates = rows.slice(at, at + ROWS_AT_ONCE).flatMap((row) => candidatesOf(row, words));
      await this.#confirm(query, words, candidates, found);
    }
    return [...found.values()];
  }

  /**
   * Sessions with hits of the first entries of a list, until there are enough.
   * @throws {DeadlineError}
   */
  async nearest(query: SearchQuery, words: WordQuery, walk: ListWalk): Promise<NearestHits> {
    const { sql, parameters } = rowsAlongListSql(walk, rowColumns(words), rowCondition(words));
    const rows = { sql, parameters: together(parameters, lexemesOf(words)) };
    const sessions = new SessionMap<SessionKey>();
    const entries = new Set<number>();
    let last: SessionKey | undefined;
    for await (const some of readInParts<ListedRow>(this.manager, rows, LISTED_ROWS)) {
      const found = new SessionMap<SessionKey>();
      await this.#confirm(
        query,
        words,
        some.flatMap((row) => candidatesOf(row, words)),
        found,
      );
      for (const { place, ...row } of some) {
        const session = found.get(sessionOf(row));
        if (session === undefined) continue;
        sessions.set(session, session);
        entries.add(place);
      }
      // Uses the hits of the whole walk: a session, and its hit, may have begun in earlier rows.
      last = this.#remember(some, sessions);
      // The last entry may have more sessions than were read.
      if (entries.size > walk.most)
        return { read: [...sessions.values()], found: entries.size, among: some.at(-1)?.place ?? 0 };
    }
    if (last !== undefined) this.#known.set(last, sessions.has(last));
    return { read: [...sessions.values()], found: entries.size, among: MOST_LOOKED_AT };
  }

  /** Remembers all sessions but the last, which may continue in the rows that follow. @returns the last one. */
  #remember(rows: readonly ListedRow[], found: SessionMap<SessionKey>): SessionKey | undefined {
    const sessions = rows.map(sessionOf);
    const last = sessions.at(-1);
    for (const session of sessions)
      if (session.historyId !== last?.historyId || session.number !== last.number)
        this.#known.set(session, found.has(session));
    return last;
  }

  /** The newest hit of each session that has one. */
  async newest(
    query: SearchQuery,
    words: WordQuery,
    sessions: readonly SessionKey[],
  ): Promise<Pick<SessionMap<HitMessage>, 'get'>> {
    const newest = new SessionMap<HitMessage>();
    const rows = await this.#wordRows(words, keyedRows(sessions), rowCondition(words));
    // Newest first: once a session has a hit, its older messages are not read.
    const open = rows.flatMap((row) => candidatesOf(row, words)).sort((a, b) => b.messageId - a.messageId);
    for (let left: readonly Candidate[] = open; left.length > 0;) {
      const some = firstOfEach(left);
      const { read, left: unread } = await this.#messages.readSome(some);
      for (const { session, message } of read) if (isHit(query, words, message)) newest.set(session, message);
      const looked = new Set(some.slice(0, some.length - unread.length));
      left = left.filter((candidate) => !looked.has(candidate) && !newest.has(candidate));
      this.deadline.check();
    }
    return newest;
  }

  /** Word-index rows, with the positions of the searched words. @param source a FROM item with the alias `w`. */
  async #wordRows(words: WordQuery, source: SqlPiece, where: SqlPiece): Promise<readonly WordRow[]> {
    return queryNamed<WordRow>(
      this.manager,
      `SELECT ${rowColumns(words)} FROM ${source.sql} WHERE ${where.sql}`,
      together(lexemesOf(words), source.parameters, where.parameters),
    );
  }

  async #confirm(
    query: SearchQuery,
    words: WordQuery,
    candidates: readonly Candidate[],
    found: SessionMap<SessionKey>,
  ): Promise<void> {
    for (const candidate of candidates)
      if (this.#known.get(candidate) === true) found.set(candidate, candidate);
    const isOpen = (candidate: Candidate): boolean => !found.has(candidate) && !this.#known.has(candidate);
    for (let open = candidates.filter(isOpen); open.length > 0;) {
      const { read, left } = await this.#messages.readSome(open);
      for (const { session, message } of read) if (isHit(query, words, message)) found.set(session, session);
      this.deadline.check();
      open = left.filter(isOpen);
    }
  }

  /** Reads every message, if no index can answer. */
  async #scan(
    query: SearchQuery,
    words: WordQuery,
    histories: readonly SqlPiece[],
  ): Promise<readonly SessionKey[]> {
    const found = new SessionMap<SessionKey>();
    for await (const some of this.#messages.readAll(allOf(histories))) {
      for (const { session, message } of some) if (isHit(query, words, message)) found.set(session, session);
      this.deadline.check();
    }
    return [...found.values()];
  }
}

/** A map by session. Session numbers are unique only within a history, because each shipper chooses those that it sends. */
class SessionMap<T> {
  readonly #kept = new Map<string, T>();

  get(session: SessionKey): T | undefined {
    return this.#kept.get(nameOf(session));
  }

  has(session: SessionKey): boolean {
    return this.#kept.has(nameOf(session));
  }

  set(session: SessionKey, value: T): void {
    this.#kept.set(nameOf(session), value);
  }

  values(): Iterable<T> {
    return this.#kept.values();
  }
}

function nameOf({ historyId, number }: SessionKey): string {
  return `${historyId} ${number}`;
}

function sessionOf(row: Pick<WordRow, 'history_id' | 'session_number'>): SessionKey {
  return { historyId: row.history_id, number: row.session_number };
}

const ALL_ROWS: SqlPiece = { sql: 'session_words w', parameters: {} };

const NOT_WHOLE: SqlPiece = { sql: 'NOT w.is_whole', parameters: {} };

/** The rows of some sessions. There are few keys, so the query starts from them, whatever the words are. */
function keyedRows(sessions: readonly SessionKey[]): SqlPiece {
  return {
    sql: `(SELECT unnest(CAST(:keyHistories AS int[])) AS history_id, unnest(CAST(:keyNumbers AS bigint[])) AS number) k
      CROSS JOIN LATERAL (
        SELECT * FROM session_words r WHERE r.history_id = k.history_id AND r.session_number = k.number OFFSET 0) w`,
    parameters: {
      keyHistories: sessions.map(({ historyId }) => historyId),
      keyNumbers: sessions.map(({ number }) => number),
    },
  };
}

/** The columns to select of a row `w`, with the positions of the searched words; needs the parameters of {@link lexemesOf}. */
function rowColumns(words: WordQuery): string {
  return `w.history_id, w.session_number, w.message_ids, w.is_whole,
    (SELECT json_object_agg(u.lexeme, u.positions) FROM unnest(${reducedSql(words)}) u
      WHERE u.lexeme = ANY(CAST(:lexemes AS text[])) OR u.lexeme ^@ ANY(CAST(:prefixes AS text[]))) AS places`;
}

function lexemesOf({ text, lexemes, prefixes }: WordQuery): SqlPiece['parameters'] {
  return { words: text, lexemes, prefixes };
}

/**
 * The searched words of a row. Filtering by a weight that only they are given takes a tenth of the time that looking at all words would.
 * With prefixes the words are unknown, so all are kept.
 */
function reducedSql({ prefixes }: WordQuery): string {
  return prefixes.length > 0
    ? 'w.words'
    : `ts_filter(setweight(w.words, 'A', CAST(:lexemes AS text[])), '{a}')`;
}

/** Selects rows that may have a hit. */
function rowCondition({ text }: WordQuery): SqlPiece {
  if (text === undefined) return { sql: 'true', parameters: {} };
  return { sql: '(w.words @@ CAST(:words AS tsquery) OR NOT w.is_whole)', parameters: { words: text } };
}

function isHit(
  { expression, substring }: SearchQuery,
  { needsParts }: WordQuery,
  message: HitMessage,
): boolean {
  if (!isSearched(message.state)) return false;
  if (needsParts && (message.state & MESSAGE_STATE.inParts) === 0) return false;
  return substring
    ? matches(expression, partText(message), 'substrings')
    : matches(expression, wordText(message), 'words');
}

/** The messages of a row that may be hits. */
function candidatesOf(row: WordRow, words: WordQuery): readonly Candidate[] {
  const places = Array.from(row.message_ids, Number);
  const count = places.length;
  const likely = row.is_whole
    ? words.candidates(new Map(Object.entries(row.places ?? {})), count)
    : places.map((_id, at) => at + 1);
  return likely.map((place) => ({ ...sessionOf(row), messageId: places[place - 1] ?? 0 }));
}

/** The first candidate of each session. */
function firstOfEach(candidates: readonly Candidate[]): readonly Candidate[] {
  const first = new SessionMap<Candidate>();
  for (const candidate of candidates) if (!first.has(candidate)) first.set(candidate, candidate);
  return [...first.values()];
}
