import type { OpenHistory } from '../file/hermes-connection.js';
import type { IndexSource, Row, SqliteReader } from '../file/sqlite-reader.js';
import { endOfSlice, LAST_ROWID, newestRowid, rowidOf } from '../file/rowids.js';
import { countOf, requiredText } from '../file/values.js';
import { findableSql, messagesOfSessionSql } from './history-comparison.js';
import type { IndexWriter } from './index-writer.js';
import { KnownSessions } from './known-sessions.js';
import type { SessionSlices } from './session-slices.js';
import {
  countSessionsSql,
  differingSql,
  HAS_ID_SQL,
  isEndedAlike,
  selectFactsSql,
  selectParentsSql,
} from './session-fact.js';

/** A history of at most this size is read as a whole after every change: in about 2 ms. */
const SMALL = { sessions: 250, messages: 5000 } as const;

/** Counting this many messages takes a millisecond. In larger histories a thread finds removed messages. */
const COUNTED_MESSAGES = 100_000;

/**
 * Most added messages, or added or removed sessions, that are followed in one go, at some tenth of a millisecond each. More are followed in batches.
 */
const MANY = 100;

/** Most session rows that are searched here for removed ones, in some milliseconds. In larger histories a thread finds them. */
const SOUGHT_SESSIONS = 5000;

/** Added messages per batch; most of them belong to few sessions. */
const MESSAGE_SLICE = 500;

/** An index file, or an index in the memory of the answering connection, which has no path. */
export type IndexIdentity = IndexSource | { readonly path: undefined; readonly opening: number };

/** The newest rowid and message id when the file was last read. */
interface RowEnds {
  readonly newestRowid: number;
  readonly newestMessageId: number;
}

/**
 * The index of one opening of the file, and how it follows the file. Methods that read must be called inside one snapshot of the file; all are
 * synchronous. {@link known} sees writes to the index in that snapshot only if nothing was read from the index before.
 */
export class IndexedHistory {
  /** The sessions as the snapshot of an answer sees them. */
  readonly known: KnownSessions;
  /** Grows whenever an answer could change although the file did not. */
  generation = 0;
  #dataVersion = -1;
  #verifiedVersion = -1;
  #comparedVersion = -1;
  #ends: RowEnds;
  #unlistedRows = 0;
  /** Messages whose session does not exist. */
  #strayMessages = 0;
  /** Whether message owners may be those of another history, into whose file this one was restored. */
  #isKept: boolean;
  /** The file version in which the last row was found replaced, until all replaced rows are known. */
  #replacedVersion: number | undefined;
  readonly #touched = new Set<string>();
  readonly #selectFact: string;
  readonly #selectDiffering: string;
  readonly #selectParents: string;
  readonly #countSessions: string;

  readonly reader: OpenHistory['reader'];
  readonly layout: OpenHistory['layout'];

  /**
   * @param source the index as the history's own connection sees it.
   * @param ends where the file ended when building the index began; by default, where the index itself ends.
   */
  constructor(
    readonly history: OpenHistory,
    readonly source: IndexIdentity,
    private readonly writer: IndexWriter,
    ends?: RowEnds,
  ) {
    this.reader = history.reader;
    this.layout = history.layout;
    this.known = new KnownSessions(history.reader);
    this.#ends = ends ?? writer.ends;
    this.#isKept = ends === undefined;
    this.#selectFact = `${selectFactsSql(history.layout)} WHERE s.rowid = ? AND ${HAS_ID_SQL}`;
    this.#selectDiffering = differingSql(history.layout);
    this.#selectParents = selectParentsSql(history.layout);
    this.#countSessions = countSessionsSql(history.layout);
  }

  /** Whether a file is small enough to be read as a whole. */
  static isSmall(reader: SqliteReader): boolean {
    const sessions = countOf(reader.value('SELECT count(*) FROM sessions'));
    if (sessions > SMALL.sessions) return false;
    const messages = reader.value(
      `SELECT count(*) FROM (SELECT 1 FROM messages LIMIT ${SMALL.messages + 1})`,
    );
    return countOf(messages) <= SMALL.messages;
  }

  /** The file version that the index was last brought up to. */
  get dataVersion(): number {
    return this.#dataVersion;
  }

  /** Whether every session row was compared since the file last changed. */
  get isVerified(): boolean {
    return this.#verifiedVersion === this.#dataVersion && this.#touched.size === 0;
  }

  /** Whether the messages were compared as well, so that shown sessions need no recheck. */
  get isCompared(): boolean {
    return this.isVerified && this.#comparedVersion === this.#dataVersion;
  }

  /** The file version in which rows were found replaced that are not identified yet; undefined if there are none. */
  get replacedVersion(): number | undefined {
    return this.#replacedVersion;
  }

  /** Rows without a usable id, which the file counts and no answer contains; as far as is known. */
  get unlistedRows(): number {
    return this.#unlistedRows;
  }

  /** Which sessions changed, by slice. */
  get slices(): SessionSlices {
    return this.writer.slices;
  }

  /** Row counts of the index. */
  get sizes(): { readonly sessions: number; readonly messages: number } {
    return this.writer.known.sizes;
  }

  /** How many transactions were written to the index since it was opened. */
  get transactions(): number {
    return this.writer.transactions;
  }

  /** Whether nothing changed since the index was last brought up to date. */
  isCurrent(): boolean {
    return this.currentVersion() === this.#dataVersion && this.#touched.size === 0;
  }

  /** Reads the whole file again. */
  readAll(): void {
    const rows = this.reader.all(`${selectFactsSql(this.layout)} WHERE ${HAS_ID_SQL}`);
    const present = new Set(rows.map((row) => row.session_rowid));
    const gone = this.writer.rowids().filter((rowid) => !present.has(rowid));
    // The count alone proves nothing: other messages can have replaced as many.
    const appended = this.#appendedMessages();
    this.writer.transaction(() => {
      this.#take(rows, gone, appended.byId);
      this.#ownAll(appended.byId);
      if (this.#isKept) for (const row of rows) this.#readOwners(String(row.id));
    });
    this.#isKept = false;
    this.#replacedVersion = undefined;
    this.#unlistedRows = countOf(this.reader.value(this.#countSessions)) - rows.length;
    this.#ends = this.#endsBehind(appended.newest);
    this.#touched.clear();
    this.#dataVersion = this.currentVersion();
    this.#verifiedVersion = this.#dataVersion;
    this.#comparedVersion = this.#dataVersion;
  }

  /**
   * Follows the file by what is cheap to see: added rows, sessions with added messages, missing rows, and
   * sessions that this server changed itself.
   */
  refresh(): void {
    this.#bringUp(Infinity);
  }

  /** Does as {@link refresh}, if that takes only some milliseconds. @returns whether it did; a longer refresh would block all other requests. */
  refreshIfShort(): boolean {
    return this.isCurrent() || (!this.#hasManyAdded() && this.#bringUp(MANY));
  }

  /**
   * Takes in the first batch of many added messages and sessions. Must be called inside a snapshot of its own.
   * @returns whether there were many; {@link refreshIfShort} takes in the rest.
   */
  takeFirst(): boolean {
    if (this.isCurrent() || !this.#hasManyAdded()) return false;
    this.#noteReplaced();
    this.#ends = this.writer.transaction(() => ({
      newestMessageId: this.#takeFirstMessages(),
      newestRowid: this.#takeFirstSessions(),
    }));
    return true;
  }

  /**
   * Reads these rows again.
   * @returns whether any differed from the index. If so, earlier results are stale and must be selected again, in another snapshot.
   */
  recheck(rowids: Iterable<number>): boolean {
    const differing = this.#differing([...new Set(rowids)]);
    if (differing.length === 0) return false;
    const differs = this.writer.transaction(() => this.#recheck(differing, new Map()));
    if (differs) this.generation++;
    return differs;
  }

  /**
   * Reads the `limit` sessions after `afterRowid` again.
   * @returns the rowid to continue after; null at the end.
   */
  load(afterRowid: number, limit: number): number | null {
    const end = endOfSlice(this.reader, afterRowid, limit);
    const rowids = this.reader
      .tuples('SELECT rowid FROM sessions WHERE rowid > ? AND rowid <= ?', afterRowid, end ?? LAST_ROWID)
      .map(([rowid]) => rowidOf(rowid));
    this.recheck(rowids);
    return end;
  }

  /** Reads again which messages belong to these sessions. */
  ownAnew(rowids: Iterable<number>): void {
    this.writer.transaction(() => {
      for (const rowid of rowids) {
        const known = this.writer.known.rowAt(rowid);
        if (known !== undefined) this.#readOwners(requiredText(known, 'id'));
      }
    });
    this.generation++;
  }

  /** Marks sessions that this server is about to change: the next {@link refresh} reads them again. */
  touch(ids: Iterable<string>): void {
    for (const id of ids) this.#touched.add(id);
  }

  /** Records that every session row was compared, by a thread that began when the file had this version. */
  markVerified(version: number): void {
    this.#verifiedVersion = version;
  }

  /** Records the same for the messages of every session. */
  markCompared(version: number): void {
    this.#comparedVersion = version;
  }

  /** Records that the replaced rows are identified, by a thread that began when {@link replacedVersion} had this value. */
  markFollowed(version: number | undefined): void {
    if (this.#replacedVersion === version) this.#replacedVersion = undefined;
  }

  /** Changes whenever the content of the file may have changed. */
  currentVersion(): number {
    return this.reader.version();
  }

  /** @param most how many changes are followed at most. @returns whether all of them were. */
  #bringUp(most: number): boolean {
    if (this.isCurrent()) return true;
    const version = this.currentVersion();
    const ends = this.writer.transaction(() => this.#refresh(most));
    if (ends === undefined) return false;
    this.#ends = ends;
    this.#touched.clear();
    this.#dataVersion = version;
    return true;
  }

  /** @returns where the rows end now; undefined if more than `most` are missing. */
  #refresh(most: number): RowEnds | undefined {
    const { reader } = this;
    const appended = this.#appendedMessages();
    this.#noteReplaced();
    const seen = [
      ...this.#addedRowids(LAST_ROWID),
      ...this.#rowidsOf([...appended.byId.keys(), ...this.#touched]),
    ];
    this.#recheck([...seen, ...this.#endedParents(seen)], appended.byId);
    this.#ownAll(appended.byId);
    const count = countOf(reader.value(this.#countSessions));
    const { sessions, messages } = this.sizes;
    if (this.#replacedVersion !== undefined || count !== sessions + this.#unlistedRows) {
      if (!this.#findMissing(count, most)) return undefined;
    }
    if (messages <= COUNTED_MESSAGES && !this.#findRemovedMessages(most)) return undefined;
    return this.#endsBehind(appended.newest);
  }

  #hasManyAdded(): boolean {
    const message = this.reader.value(
      `SELECT id FROM messages WHERE id > ? ORDER BY id LIMIT 1 OFFSET ${MANY}`,
      this.#newestKnownMessage(),
    );
    return message !== undefined || this.#addedRowids(MANY + 1).length > MANY;
  }

  /**
   * Takes in the first added messages. Those whose owners are already known came with the rest of their session. @returns the id of the last one
   * taken in.
   */
  #takeFirstMessages(): number {
    let newest = this.#newestKnownMessage();
    const byId = new Map<string, Row[]>();
    for (const row of this.reader.all(
      `SELECT m.id, m.session_id, ${findableSql(this.layout)} AS findable, o.id IS NOT NULL AS is_owned FROM messages m
        LEFT JOIN known_sessions k ON k.id = m.session_id LEFT JOIN known_messages o ON o.id = m.id AND abs(o.session) = k.number
        WHERE m.id > ? ORDER BY m.id LIMIT ${MESSAGE_SLICE}`,
      newest,
    )) {
      if (row.is_owned === 0 && byId.size === MANY && !byId.has(requiredText(row, 'session_id'))) break;
      newest = countOf(row.id);
      if (row.is_owned === 0) addTo(byId, row);
    }
    const seen = this.#rowidsOf([...byId.keys()]);
    this.#recheck([...seen, ...this.#endedParents(seen)], byId);
    this.#ownAll(byId);
    return newest;
  }

  /** @returns the rowid of the last one taken in. */
  #takeFirstSessions(): number {
    const seen = this.#addedRowids(MANY);
    this.#recheck([...this.#differing(seen), ...this.#endedParents(seen)], new Map());
    return seen.at(-1) ?? this.#ends.newestRowid;
  }

  #endsBehind(newestMessageId: number): RowEnds {
    return { newestRowid: newestRowid(this.reader), newestMessageId };
  }

  /** SQLite compares: nearly always nothing differs, and then no row objects are created. */
  #differing(rowids: readonly number[]): readonly number[] {
    return this.reader.tuples(this.#selectDiffering, JSON.stringify(rowids)).map(([rowid]) => rowidOf(rowid));
  }

  #recheck(rowids: Iterable<number>, appended: ReadonlyMap<string, readonly Row[]>): boolean {
    const rows: Row[] = [];
    const gone: number[] = [];
    for (const rowid of new Set(rowids)) {
      const row = this.reader.get(this.#selectFact, rowid);
      if (row === undefined) gone.push(rowid);
      else rows.push(row);
    }
    return this.#take(rows, gone, appended);
  }

  /** @param appended messages added to these sessions, which the caller handles. */
  #take(
    rows: readonly Row[],
    gone: readonly number[],
    appended: ReadonlyMap<string, readonly Row[]>,
  ): boolean {
    const moved = rows.filter((row) => !this.#explains(row, appended.get(String(row.id))?.length ?? 0));
    const differs = this.writer.apply(rows, gone);
    for (const row of moved) this.#readOwners(String(row.id));
    return differs;
  }

  /** Whether a session's messages are the known ones plus `appended` more. */
  #explains(row: Row, appended: number): boolean {
    const known = this.writer.known.rowAt(rowidOf(row.session_rowid));
    return (
      known !== undefined &&
      known.id === row.id &&
      countOf(known.stored_messages) + appended === countOf(row.stored_messages) &&
      known.inactive_messages === row.inactive_messages
    );
  }

  /** @param most the limit of the result. */
  #addedRowids(most: number): readonly number[] {
    return this.reader
      .all(
        'SELECT rowid AS session_rowid FROM sessions WHERE rowid > ? AND rowid <= ? ORDER BY rowid LIMIT ?',
        this.#ends.newestRowid,
        LAST_ROWID,
        most,
      )
      .map((row) => rowidOf(row.session_rowid));
  }

  /**
   * Parents of these rows whose end differs from the index. What a session is depends on its parent's end, and an agent that continues a conversation
   * in another session ends the previous one without adding a message.
   */
  #endedParents(rowids: readonly number[]): readonly number[] {
    return this.reader
      .all(this.#selectParents, JSON.stringify(rowids))
      .filter((parent) => !isEndedAlike(parent, this.writer.known.rowAt(rowidOf(parent.session_rowid))))
      .map((parent) => rowidOf(parent.session_rowid));
  }

  /**
   * SQLite reuses the rowids of deleted last rows: if the last row was replaced, others may be as well. Nothing else reveals them once the last row
   * is taken in, so this is checked before, and remembered until they are found.
   */
  #noteReplaced(): void {
    if (this.#isLastReplaced()) this.#replacedVersion = this.currentVersion();
  }

  #isLastReplaced(): boolean {
    const { newestRowid } = this.#ends;
    // A row without a usable id is not in the index, and must not cause a search after each commit.
    const last = this.reader.value(
      `SELECT s.id FROM sessions s WHERE s.rowid = ? AND ${HAS_ID_SQL}`,
      newestRowid,
    );
    return this.writer.known.rowAt(newestRowid)?.id !== last;
  }

  /** Messages added since the last look, by session id. */
  #appendedMessages(): { readonly byId: ReadonlyMap<string, readonly Row[]>; readonly newest: number } {
    const { reader, layout } = this;
    const byId = new Map<string, Row[]>();
    let newest = this.#newestKnownMessage();
    const sql = `SELECT m.id, m.session_id, ${findableSql(layout)} AS findable FROM messages m WHERE m.id > ?`;
    for (const row of reader.all(sql, newest)) {
      newest = Math.max(newest, countOf(row.id));
      addTo(byId, row);
    }
    return { byId, newest };
  }

  /** A kept index can know newer messages: those of another history, if an older one was restored into its file. */
  #newestKnownMessage(): number {
    return Math.min(this.#ends.newestMessageId, countOf(this.reader.value('SELECT max(id) FROM messages')));
  }

  #rowidsOf(ids: readonly string[]): readonly number[] {
    const { reader } = this;
    return ids.flatMap((id) => {
      const known = this.writer.known.node(id)?.rowid;
      const now = reader.value('SELECT rowid FROM sessions WHERE id = ?', id);
      return [known, typeof now === 'number' ? now : undefined].filter((rowid) => rowid !== undefined);
    });
  }

  /**
   * Finds rows that were removed or replaced, if the count says that there are some.
   * @returns false if there are more than `most`, or, with a finite `most`, too many sessions to search.
   */
  #findMissing(count: number, most: number): boolean {
    if (Number.isFinite(most) && count > SOUGHT_SESSIONS) return false;
    if (Math.abs(count - this.sizes.sessions - this.#unlistedRows) > most) return false;
    const present = new Map(
      this.reader
        .all('SELECT rowid AS session_rowid, id FROM sessions')
        .map((row) => [rowidOf(row.session_rowid), row.id]),
    );
    const known = new Map(this.writer.ids());
    const suspects = [...known].filter(([rowid, id]) => present.get(rowid) !== id);
    const unknown = [...present.keys()].filter((rowid) => !known.has(rowid));
    if (suspects.length + unknown.length > most + this.#unlistedRows) return false;
    // Deleting a session makes roots of its children.
    const children = suspects.flatMap(([, id]) => this.writer.known.children(id));
    this.#recheck(
      [...suspects.map(([rowid]) => rowid), ...children.map(({ rowid }) => rowid), ...unknown],
      new Map(),
    );
    this.#unlistedRows = count - this.sizes.sessions;
    this.#replacedVersion = undefined;
    return true;
  }

  /**
   * Finds messages that were removed from sessions that still exist, if their count says that there are some.
   * @returns false if more than `most` sessions are affected.
   */
  #findRemovedMessages(most: number): boolean {
    const count = countOf(this.reader.value('SELECT count(*) FROM messages'));
    if (count === this.sizes.messages + this.#strayMessages) return true;
    const stored = new Map(
      this.reader
        .all('SELECT session_id, count(*) AS stored FROM messages GROUP BY session_id')
        .map((row) => [row.session_id, countOf(row.stored)]),
    );
    const differing = this.writer
      .storedMessages()
      .filter(({ id, messages }) => (stored.get(id) ?? 0) !== messages);
    if (differing.length > most) return false;
    this.#recheck(
      differing.map(({ rowid }) => rowid),
      new Map(),
    );
    this.#strayMessages = count - this.sizes.messages;
    return true;
  }

  #readOwners(id: string): void {
    this.#own(id, this.reader.all(messagesOfSessionSql(this.layout), id));
  }

  #ownAll(messages: ReadonlyMap<string, readonly Row[]>): void {
    for (const [id, some] of messages) this.#own(id, some);
  }

  #own(id: string, messages: readonly Row[]): void {
    const session = this.writer.known.node(id)?.number;
    if (session === undefined) return;
    this.writer.own(
      messages.map((message) => ({
        messageId: rowidOf(message.id),
        session,
        findable: message.findable !== 0,
      })),
    );
  }
}

/** Adds a message to those of its session. */
function addTo(byId: Map<string, Row[]>, message: Row): void {
  const id = requiredText(message, 'session_id');
  const rows = byId.get(id);
  if (rows === undefined) byId.set(id, [message]);
  else rows.push(message);
}
