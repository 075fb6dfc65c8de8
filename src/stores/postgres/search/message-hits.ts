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

/** Rows of the index of words that are looked into in one go. */
const ROWS_AT_ONCE = 2000;

/** Rows of a list whose candidates are read in one go: a page is soon full of what many have. */
const LISTED_ROWS = 200;

/** A row of the index of words. */
interface WordRow {
  readonly history_id: number;
  readonly session_number: number;
  readonly message_ids: readonly string[];
  readonly is_whole: boolean;
  readonly places: Readonly<Record<string, readonly number[]>> | null;
}

/** A row of words of an entry of a list, with the entry's place, from 1 on. */
type ListedRow = WordRow & { readonly place: number };

/** What of a list has hits, as far as it was looked through. */
export interface NearestHits {
  /** All sessions with hits of the entries that were found. */
  readonly read: readonly SessionKey[];
  /** How many entries those are, and among how many of the first ones of the list. */
  readonly found: number;
  readonly among: number;
}

/** Reads messages to find out which are hits, where the index of words alone cannot tell. */
export class MessageHits {
  readonly #messages: MessageReader;
  /** Sessions that were read along a list, and whether they have a hit: nothing of them need be read again. */
  readonly #known = new SessionMap<boolean>();

  constructor(
    private readonly manager: EntityManager,
    private readonly deadline: Deadline,
  ) {
    this.#messages = new MessageReader(manager);
  }

  /**
   * Sessions with hits that had to be read to be known: all, where the index is not exact; else those whose words it has not all of.
   * @param histories conditions on the histories that are searched, of an alias `w`.
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
      // Of the whole walk: a session may have begun, with its hit, in rows that came before.
      last = this.#remember(some, sessions);
      // The last one may have more sessions than were looked at.
      if (entries.size > walk.most)
        return { read: [...sessions.values()], found: entries.size, among: some.at(-1)?.place ?? 0 };
    }
    if (last !== undefined) this.#known.set(last, sessions.has(last));
    return { read: [...sessions.values()], found: entries.size, among: MOST_LOOKED_AT };
  }

  /** Of all but the last session, which may go on in the rows that follow. @returns that one. */
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
    // Newest rows first: once a session has a hit, nothing older of it is read.
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

  /** Rows of the index of words with where the words of a search are in them. @param source what is called `w`. */
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

  /** Reads every message where nothing else can answer. */
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

/** What is known of sessions. A number tells the sessions of one history apart: whoever sends another one chooses its own. */
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

/** The rows of some sessions. Their keys are few, so that they come first, whatever the words are. */
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

/** What is selected of a row `w`, with where the words of a search are in it; needs {@link lexemesOf} them. */
function rowColumns(words: WordQuery): string {
  return `w.history_id, w.session_number, w.message_ids, w.is_whole,
    (SELECT json_object_agg(u.lexeme, u.positions) FROM unnest(${reducedSql(words)}) u
      WHERE u.lexeme = ANY(CAST(:lexemes AS text[])) OR u.lexeme ^@ ANY(CAST(:prefixes AS text[]))) AS places`;
}

function lexemesOf({ text, lexemes, prefixes }: WordQuery): SqlPiece['parameters'] {
  return { words: text, lexemes, prefixes };
}

/**
 * The words of a row, few of them but all that are looked for: these are given the one weight that is kept, which takes a tenth of the
 * time that looking at all of them would. It is not known which words begin with something.
 */
function reducedSql({ prefixes }: WordQuery): string {
  return prefixes.length > 0
    ? 'w.words'
    : `ts_filter(setweight(w.words, 'A', CAST(:lexemes AS text[])), '{a}')`;
}

/** The rows that may have a hit. */
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
