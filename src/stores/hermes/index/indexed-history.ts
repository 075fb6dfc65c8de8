import type { OpenHistory } from '../file/hermes-connection.js';
import type { Row } from '../file/sqlite-reader.js';
import { countOf, requiredText } from '../file/values.js';
import { findableSql, messagesOfSessionSql, type FactSlice } from './history-comparison.js';
import { MessageOwners } from './message-owners.js';
import { HAS_ID_SQL, selectFactsSql, toSessionFact, type SessionFact } from './session-fact.js';
import { SessionTable, type IndexedSession } from './session-table.js';

/** A history of at most so many sessions and messages is read anew as a whole whenever it changed: in about 2 ms. */
const SMALL = { sessions: 250, messages: 5000 } as const;

/** Counting so many messages takes a millisecond; of more, a thread finds out which were removed. */
const COUNTED_MESSAGES = 100_000;

/** Where the rows of the file ended when they were last read. */
interface RowEnds {
  readonly newestRowid: number;
  readonly newestMessageId: number;
}

/**
 * The index of one opening of the file, and how it follows the file. All methods that read must be called
 * inside one moment of the file, and none of them waits.
 */
export class IndexedHistory {
  readonly table = new SessionTable();
  readonly owners = new MessageOwners();
  /** Grows whenever an answer could be another one than before although the file is the same. */
  generation = 0;
  #dataVersion = -1;
  #verifiedVersion = -1;
  #ends: RowEnds = { newestRowid: 0, newestMessageId: 0 };
  /** Rows without a usable id, which are counted by the file and never listed. */
  #unlistedRows = 0;
  /** Messages of sessions that do not exist. */
  #strayMessages = 0;
  readonly #touched = new Set<string>();
  /** Rows that were found to be others than the index knew since the thread last compared all. */
  #suspects = new Set<number>();
  readonly #selectFact: string;

  readonly reader: OpenHistory['reader'];
  readonly layout: OpenHistory['layout'];
  readonly opening: number;

  constructor(readonly history: OpenHistory) {
    this.reader = history.reader;
    this.layout = history.layout;
    this.opening = history.opening;
    this.#selectFact = `${selectFactsSql(history.layout)} WHERE s.rowid = ? AND ${HAS_ID_SQL}`;
  }

  /** The version of the file that the index was last brought up to. */
  get dataVersion(): number {
    return this.#dataVersion;
  }

  /** Whether every row was compared since the file last changed, so that no shown row needs another look. */
  get isVerified(): boolean {
    return this.#verifiedVersion === this.#dataVersion && this.#touched.size === 0;
  }

  /** Takes in what another thread read while it is being built. */
  load(slice: FactSlice): readonly IndexedSession[] {
    let at = 0;
    return slice.facts.map((fact, position) => {
      const session = this.table.load(fact);
      for (let left = slice.messageCounts[position] ?? 0; left > 0; left--, at++) {
        const signed = slice.messageIds[at] ?? 0;
        this.owners.set(Math.abs(signed), { slot: session.slot, findable: signed > 0 });
      }
      return session;
    });
  }

  /** What comes behind `ends` is looked for by the next {@link refresh}. */
  beginAt(ends: RowEnds): void {
    this.#ends = ends;
  }

  /** Whether the file is so small that it is simply read as a whole. */
  isSmall(): boolean {
    const { reader } = this;
    const sessions = countOf(reader.value('SELECT count(*) FROM sessions'));
    if (sessions > SMALL.sessions) return false;
    const messages = reader.value(
      `SELECT count(*) FROM (SELECT 1 FROM messages LIMIT ${SMALL.messages + 1})`,
    );
    return countOf(messages) <= SMALL.messages;
  }

  /** Reads everything anew. */
  readAll(): void {
    const { reader, layout } = this;
    const facts = reader.all(`${selectFactsSql(layout)} WHERE ${HAS_ID_SQL}`).map(toSessionFact);
    const present = new Set(facts.map((fact) => fact.rowid));
    const gone = [...this.table.sessions]
      .map(({ fact }) => fact.rowid)
      .filter((rowid) => !present.has(rowid));
    this.table.apply(facts, gone);
    for (const fact of facts) this.#readOwners(fact.id);
    this.#touched.clear();
    this.#dataVersion = this.currentVersion();
    this.#verifiedVersion = this.#dataVersion;
  }

  /**
   * Follows the file by what is cheap to see: added rows, sessions with added messages, missing rows, and
   * sessions that this server changed itself.
   */
  refresh(): void {
    const version = this.currentVersion();
    if (version === this.#dataVersion && this.#touched.size === 0) return;
    const appended = this.#appendedMessages();
    this.#recheck(
      [...this.#addedRowids(), ...this.#rowidsOf([...appended.keys(), ...this.#touched])],
      appended,
    );
    for (const [id, rows] of appended) this.#setOwners(id, rows);
    const count = countOf(this.reader.value('SELECT count(*) FROM sessions'));
    if (count !== this.table.size + this.#unlistedRows) this.#findMissing(count);
    if (this.table.storedMessages <= COUNTED_MESSAGES) this.#findRemovedMessages();
    this.#touched.clear();
    this.#dataVersion = version;
  }

  /** Reads these rows anew. @returns whether any was another than the index knew. */
  recheck(rowids: Iterable<number>): boolean {
    const differs = this.#recheck(rowids, new Map());
    if (differs) this.generation++;
    return differs;
  }

  /**
   * Makes sure that the index is right about these sessions, by their rows in the file.
   * @returns whether it was not, so that whatever was selected has to be selected again.
   */
  verify(sessions: Iterable<IndexedSession>): boolean {
    return !this.isVerified && this.reread(sessions);
  }

  /**
   * Reads these sessions and their messages anew, whatever the index believes.
   * @returns whether any was another than the index knew.
   */
  reread(sessions: Iterable<IndexedSession>): boolean {
    return this.recheck([...sessions].map((session) => session.fact.rowid));
  }

  /** Sessions that this server is about to change: the next {@link refresh} reads them anew. */
  touch(ids: Iterable<string>): void {
    for (const id of ids) this.#touched.add(id);
  }

  /**
   * Rows that this side read anew by itself, once. The thread compares a row with what the thread saw last, so one that
   * has changed back meanwhile is nothing new to it, though it is to the index.
   */
  takeSuspects(): readonly number[] {
    const suspects = [...this.#suspects];
    this.#suspects = new Set();
    return suspects;
  }

  /** Every row was compared, by a thread that began when the file had this version. */
  markVerified(version: number): void {
    this.#verifiedVersion = version;
  }

  /** Changes whenever another connection commits. */
  currentVersion(): number {
    return countOf(this.reader.value('PRAGMA data_version'));
  }

  #recheck(rowids: Iterable<number>, appended: ReadonlyMap<string, readonly Row[]>): boolean {
    const facts: SessionFact[] = [];
    const gone: number[] = [];
    const looked = new Set(rowids);
    for (const rowid of looked) {
      const row = this.reader.get(this.#selectFact, rowid);
      if (row === undefined) gone.push(rowid);
      else facts.push(toSessionFact(row));
    }
    const moved = facts.filter((fact) => !this.#explains(fact, appended.get(fact.id)?.length ?? 0));
    const differs = this.table.apply(facts, gone);
    for (const fact of moved) this.#readOwners(fact.id);
    if (differs) for (const rowid of looked) this.#suspects.add(rowid);
    return differs;
  }

  /** Whether a session's messages are the known ones and `appended` more. */
  #explains(fact: SessionFact, appended: number): boolean {
    const known = this.table.byId(fact.id)?.fact;
    return (
      known !== undefined &&
      known.storedMessages + appended === fact.storedMessages &&
      known.inactiveMessages === fact.inactiveMessages
    );
  }

  #addedRowids(): readonly number[] {
    const { reader } = this;
    const { newestRowid } = this.#ends;
    const added = reader
      .all('SELECT rowid AS session_rowid FROM sessions WHERE rowid > ?', newestRowid)
      .map((row) => countOf(row.session_rowid));
    // SQLite gives the rowid of a deleted last row to the next one that is added.
    const last = reader.value('SELECT id FROM sessions WHERE rowid = ?', newestRowid);
    const replaced = this.table.byRowid(newestRowid)?.fact.id === last ? [] : [newestRowid];
    this.#ends = { ...this.#ends, newestRowid: Math.max(newestRowid, ...added) };
    return [...added, ...replaced];
  }

  /** Messages that were added since the last look, by the id of their session. */
  #appendedMessages(): ReadonlyMap<string, readonly Row[]> {
    const { reader, layout } = this;
    const appended = new Map<string, Row[]>();
    let newest = this.#ends.newestMessageId;
    const sql = `SELECT m.id, m.session_id, ${findableSql(layout)} AS findable FROM messages m WHERE m.id > ?`;
    for (const row of reader.all(sql, newest)) {
      newest = Math.max(newest, countOf(row.id));
      const id = requiredText(row, 'session_id');
      const rows = appended.get(id);
      if (rows === undefined) appended.set(id, [row]);
      else rows.push(row);
    }
    this.#ends = { ...this.#ends, newestMessageId: newest };
    return appended;
  }

  #rowidsOf(ids: readonly string[]): readonly number[] {
    const { reader } = this;
    return ids.flatMap((id) => {
      const known = this.table.byId(id)?.fact.rowid;
      const now = reader.value('SELECT rowid FROM sessions WHERE id = ?', id);
      return [known, typeof now === 'number' ? now : undefined].filter((rowid) => rowid !== undefined);
    });
  }

  /** Finds rows that were removed, or replaced by others, where the count says that there are some. */
  #findMissing(count: number): void {
    const present = new Map(
      this.reader
        .all('SELECT rowid AS session_rowid, id FROM sessions')
        .map((row) => [countOf(row.session_rowid), row.id]),
    );
    const suspects = [...this.table.sessions].filter(({ fact }) => present.get(fact.rowid) !== fact.id);
    const unknown = [...present.keys()].filter((rowid) => this.table.byRowid(rowid) === undefined);
    // Whoever deletes a session makes roots of its children.
    const children = suspects.flatMap(({ fact }) => this.table.children(fact.id));
    this.#recheck(
      [...suspects.map(({ fact }) => fact.rowid), ...children.map(({ rowid }) => rowid), ...unknown],
      new Map(),
    );
    this.#unlistedRows = count - this.table.size;
  }

  /** Finds messages that were removed from sessions that stay, where their number says that there are some. */
  #findRemovedMessages(): void {
    const count = countOf(this.reader.value('SELECT count(*) FROM messages'));
    if (count === this.table.storedMessages + this.#strayMessages) return;
    const stored = new Map(
      this.reader
        .all('SELECT session_id, count(*) AS stored FROM messages GROUP BY session_id')
        .map((row) => [row.session_id, row.stored]),
    );
    const differing = [...this.table.sessions].filter(
      ({ fact }) => (stored.get(fact.id) ?? 0) !== fact.storedMessages,
    );
    this.#recheck(
      differing.map(({ fact }) => fact.rowid),
      new Map(),
    );
    this.#strayMessages = count - this.table.storedMessages;
  }

  #readOwners(id: string): void {
    const { reader, layout } = this;
    this.#setOwners(id, reader.all(messagesOfSessionSql(layout), id));
  }

  #setOwners(id: string, messages: readonly Row[]): void {
    const session = this.table.byId(id);
    if (session === undefined) return;
    for (const message of messages) {
      this.owners.set(countOf(message.id), { slot: session.slot, findable: message.findable !== 0 });
    }
  }
}
