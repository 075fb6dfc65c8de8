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

/** A history of at most so many sessions and messages is read anew as a whole whenever it changed: in about 2 ms. */
const SMALL = { sessions: 250, messages: 5000 } as const;

/** Counting so many messages takes a millisecond; of more, a thread finds out which were removed. */
const COUNTED_MESSAGES = 100_000;

/** So many added messages, or sessions that were added or went, are followed in one go, in some tenth of a millisecond each; more, some at a time. */
const MANY = 100;

/** So many session rows are looked through for those that went in some milliseconds; of more, a thread finds out. */
const SOUGHT_SESSIONS = 5000;

/** Added messages that are gone through at a time, of which most are of few sessions. */
const MESSAGE_SLICE = 500;

/** An index file, or an index in the memory of the connection that answers, which has no path. */
export type IndexIdentity = IndexSource | { readonly path: undefined; readonly opening: number };

/** Where the rows of the file ended when they were last read. */
interface RowEnds {
  readonly newestRowid: number;
  readonly newestMessageId: number;
}

/**
 * The index of one opening of the file, and how it follows the file. All methods that read must be called inside one moment of the
 * file, and none of them waits. What is written to the index is seen by {@link known} in that moment only if nothing was read of it before.
 */
export class IndexedHistory {
  /** The sessions as the moment of an answer has them. */
  readonly known: KnownSessions;
  /** Grows whenever an answer could be another one than before although the file is the same. */
  generation = 0;
  #dataVersion = -1;
  #verifiedVersion = -1;
  #comparedVersion = -1;
  #ends: RowEnds;
  #unlistedRows = 0;
  /** Messages of sessions that do not exist. */
  #strayMessages = 0;
  /** Whether it may say of messages whose they are as another history had it, into whose file this one was restored. */
  #isKept: boolean;
  /** The version of the file in which the last row was another one, until it is known which others are as well. */
  #replacedVersion: number | undefined;
  readonly #touched = new Set<string>();
  readonly #selectFact: string;
  readonly #selectDiffering: string;
  readonly #selectParents: string;
  readonly #countSessions: string;

  readonly reader: OpenHistory['reader'];
  readonly layout: OpenHistory['layout'];

  /**
   * @param source the index as the history's own connection has it.
   * @param ends where the file ended when the index began to be made; where the index itself ends, by default.
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

  /** Whether a file is so small that it is simply read as a whole. */
  static isSmall(reader: SqliteReader): boolean {
    const sessions = countOf(reader.value('SELECT count(*) FROM sessions'));
    if (sessions > SMALL.sessions) return false;
    const messages = reader.value(
      `SELECT count(*) FROM (SELECT 1 FROM messages LIMIT ${SMALL.messages + 1})`,
    );
    return countOf(messages) <= SMALL.messages;
  }

  /** The version of the file that the index was last brought up to. */
  get dataVersion(): number {
    return this.#dataVersion;
  }

  /** Whether every session row was compared since the file last changed. */
  get isVerified(): boolean {
    return this.#verifiedVersion === this.#dataVersion && this.#touched.size === 0;
  }

  /** Whether the messages were compared as well, so that no shown session needs another look. */
  get isCompared(): boolean {
    return this.isVerified && this.#comparedVersion === this.#dataVersion;
  }

  /** The version of the file in which rows were found to be replaced, which ones is not known yet; undefined where none were. */
  get replacedVersion(): number | undefined {
    return this.#replacedVersion;
  }

  /** Rows without a usable id, which the file counts and no answer has; as far as is known. */
  get unlistedRows(): number {
    return this.#unlistedRows;
  }

  /** Which sessions changed, some together. */
  get slices(): SessionSlices {
    return this.writer.slices;
  }

  /** Rows of the index. */
  get sizes(): { readonly sessions: number; readonly messages: number } {
    return this.writer.known.sizes;
  }

  /** How often the index was written to since it was opened. */
  get transactions(): number {
    return this.writer.transactions;
  }

  /** Whether nothing happened since the index was last brought up to the file. */
  isCurrent(): boolean {
    return this.currentVersion() === this.#dataVersion && this.#touched.size === 0;
  }

  /** Reads everything anew. */
  readAll(): void {
    const rows = this.reader.all(`${selectFactsSql(this.layout)} WHERE ${HAS_ID_SQL}`);
    const present = new Set(rows.map((row) => row.session_rowid));
    const gone = this.writer.rowids().filter((rowid) => !present.has(rowid));
    // As many messages as before can be others.
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

  /** Does as {@link refresh}, where that takes some milliseconds. @returns whether it did; where not, all the others would wait for it. */
  refreshIfShort(): boolean {
    return this.isCurrent() || (!this.#hasManyAdded() && this.#bringUp(MANY));
  }

  /**
   * Takes in the first of many messages and sessions that were added. Must be called inside a moment of its own.
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
   * Reads these rows anew.
   * @returns whether any was another than the index knew, so that whatever was selected has to be selected again, in another moment.
   */
  recheck(rowids: Iterable<number>): boolean {
    const differing = this.#differing([...new Set(rowids)]);
    if (differing.length === 0) return false;
    const differs = this.writer.transaction(() => this.#recheck(differing, new Map()));
    if (differs) this.generation++;
    return differs;
  }

  /**
   * Reads the `limit` sessions behind `afterRowid` anew.
   * @returns the rowid behind which to go on; null at the end.
   */
  load(afterRowid: number, limit: number): number | null {
    const end = endOfSlice(this.reader, afterRowid, limit);
    const rowids = this.reader
      .tuples('SELECT rowid FROM sessions WHERE rowid > ? AND rowid <= ?', afterRowid, end ?? LAST_ROWID)
      .map(([rowid]) => rowidOf(rowid));
    this.recheck(rowids);
    return end;
  }

  /** Reads anew whose the messages of these sessions are. */
  ownAnew(rowids: Iterable<number>): void {
    this.writer.transaction(() => {
      for (const rowid of rowids) {
        const known = this.writer.known.rowAt(rowid);
        if (known !== undefined) this.#readOwners(requiredText(known, 'id'));
      }
    });
    this.generation++;
  }

  /** Sessions that this server is about to change: the next {@link refresh} reads them anew. */
  touch(ids: Iterable<string>): void {
    for (const id of ids) this.#touched.add(id);
  }

  /** Every session row was compared, by a thread that began when the file had this version. */
  markVerified(version: number): void {
    this.#verifiedVersion = version;
  }

  /** The messages of every session were compared, in the same way. */
  markCompared(version: number): void {
    this.#comparedVersion = version;
  }

  /** Which rows were replaced was found out, by a thread that began when {@link replacedVersion} was this. */
  markFollowed(version: number | undefined): void {
    if (this.#replacedVersion === version) this.#replacedVersion = undefined;
  }

  /** Changes whenever the file may hold something else. */
  currentVersion(): number {
    return this.reader.version();
  }

  /** @param most how much is followed at most. @returns whether all of it was. */
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

  /** @returns where the rows end now; undefined where more than `most` went. */
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

  /** Those whose owners are known by now came with the rest of their session. @returns the last one that is taken in. */
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

  /** @returns the last one that is taken in. */
  #takeFirstSessions(): number {
    const seen = this.#addedRowids(MANY);
    this.#recheck([...this.#differing(seen), ...this.#endedParents(seen)], new Map());
    return seen.at(-1) ?? this.#ends.newestRowid;
  }

  #endsBehind(newestMessageId: number): RowEnds {
    return { newestRowid: newestRowid(this.reader), newestMessageId };
  }

  /** The database compares: nearly always nothing differs, and no row has to be made of values for that. */
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

  /** @param appended messages that were added to these sessions, and are taken care of. */
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

  /** Whether a session's messages are the known ones and `appended` more. */
  #explains(row: Row, appended: number): boolean {
    const known = this.writer.known.rowAt(rowidOf(row.session_rowid));
    return (
      known !== undefined &&
      known.id === row.id &&
      countOf(known.stored_messages) + appended === countOf(row.stored_messages) &&
      known.inactive_messages === row.inactive_messages
    );
  }

  /** @param most at most so many of them. */
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
   * Parents of these rows that ended in another way than is known: what a session is follows from that, and an agent that goes on
   * with a conversation in another session ends the one before without a message.
   */
  #endedParents(rowids: readonly number[]): readonly number[] {
    return this.reader
      .all(this.#selectParents, JSON.stringify(rowids))
      .filter((parent) => !isEndedAlike(parent, this.writer.known.rowAt(rowidOf(parent.session_rowid))))
      .map((parent) => rowidOf(parent.session_rowid));
  }

  /**
   * SQLite gives the rowids of deleted last rows to the next ones that are added: where the last row is another one, others may be as well.
   * Once that one is taken in, nothing else tells of them, so that it is asked before and stays known until they are found.
   */
  #noteReplaced(): void {
    if (this.#isLastReplaced()) this.#replacedVersion = this.currentVersion();
  }

  #isLastReplaced(): boolean {
    const { newestRowid } = this.#ends;
    // One without a usable id is not known, and need not be looked for after each commit.
    const last = this.reader.value(
      `SELECT s.id FROM sessions s WHERE s.rowid = ? AND ${HAS_ID_SQL}`,
      newestRowid,
    );
    return this.writer.known.rowAt(newestRowid)?.id !== last;
  }

  /** Messages that were added since the last look, by the id of their session. */
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

  /** A kept index can know messages of another history, into whose file an older one was restored. */
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
   * Finds rows that were removed, or replaced by others, where the count says that there are some.
   * @returns whether they were not more than `most`, nor too many to look through where there is a `most`.
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
    // Whoever deletes a session makes roots of its children.
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
   * Finds messages that were removed from sessions that stay, where their number says that there are some.
   * @returns whether these sessions were not more than `most`.
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
