import type { Statement } from 'better-sqlite3';
import { conversationOf } from '../../../sessions/lineage/lineage.js';
import { OwnedLineage } from '../../../sessions/lineage/owned-lineage.js';
import { FACT_COLUMNS } from './tables.js';
import type { Row, SqliteReader, SqlValue } from '../file/sqlite-reader.js';
import { rowidOf } from '../file/rowids.js';
import { countOf } from '../file/values.js';
import { LIST_CONVERSATION, listedValues } from './conversation-row.js';
import { KnownSessions, toKnownSession, type KnownSession } from './known-sessions.js';
import { changesBetween, stateOf, type SessionChange, type SessionState } from './session-change.js';
import { SessionSlices } from './session-slices.js';

/** A message and the session that it belongs to. */
export interface MessageOwner {
  readonly messageId: number;
  /** The number of the session. */
  readonly session: number;
  /** Whether a search may find it. */
  readonly findable: boolean;
}

/** Columns that decide how a session relates to others; any other column concerns its own chain alone. */
const KIND_COLUMNS = [
  'id',
  'parent_session_id',
  'platform',
  'started_at',
  'ended_at',
  'end_reason',
  'session_key',
  'markers',
];

const FACTS = FACT_COLUMNS.join(', ');
const INSERT = `INSERT INTO known_sessions (number, session_rowid, ${FACTS}, delegate_from, started_order, active_order,
    root_number, family_number, chain_length, is_entry, user_id)
  VALUES (${Array.from({ length: FACT_COLUMNS.length + 10 }, () => '?').join(', ')})`;

/** Is told of changes to what the index knows; of undefined if the index was rebuilt, so that nobody knows what changed. */
export type IndexListener = (changes: readonly SessionChange[] | undefined) => void;

/** Changes the index, and derives what follows: chains, and the conversations that are listed. */
export class IndexWriter {
  /** The sessions as this connection sees them, including its own uncommitted changes. */
  readonly known: KnownSessions;
  /** Which sessions changed since the index was opened. */
  readonly slices = new SessionSlices();
  /** Told of every change to what the index knows, once it is committed. */
  listeners: ReadonlySet<IndexListener> = new Set();
  /** How many transactions were written since the index was opened. */
  transactions = 0;
  #changes: SessionChange[] = [];
  /** The number of the last session that {@link arrange} handled, so that none is scanned twice. */
  #arranged = 0;
  readonly #insert: Statement;
  readonly #update: Statement;
  readonly #moveAway: Statement<[number]>;
  readonly #delete: Statement<[number]>;
  readonly #derive: Statement<[number, number, number, number, string | null, number]>;
  readonly #list: Statement;
  readonly #unlist: Statement<[number]>;
  readonly #own: Statement<[number, number]>;

  /**
   * @param reader of the index's own connection; for an index in memory, of the connection that answers.
   * @param end releases the index.
   */
  constructor(
    readonly reader: SqliteReader,
    private readonly end: () => void = () => {
      reader.db.close();
    },
  ) {
    const { db } = reader;
    this.known = new KnownSessions(reader);
    this.#insert = db.prepare(INSERT);
    this.#update = db.prepare(
      `UPDATE known_sessions SET session_rowid = ?, ${FACT_COLUMNS.map((column) => `${column} = ?`).join(', ')},
        delegate_from = ?, started_order = ?, active_order = ? WHERE number = ?`,
    );
    // Two sessions can have swapped rowids. The temporary rowid avoids a UNIQUE conflict; it is lower than any that is served.
    this.#moveAway = db.prepare(
      'UPDATE known_sessions SET session_rowid = number - 9223372036854775807 WHERE number = ?',
    );
    this.#delete = db.prepare('DELETE FROM known_sessions WHERE number = ?');
    this.#derive = db.prepare(
      'UPDATE known_sessions SET root_number = ?, family_number = ?, chain_length = ?, is_entry = ?, user_id = ? WHERE number = ?',
    );
    this.#list = db.prepare(LIST_CONVERSATION);
    this.#unlist = db.prepare('DELETE FROM known_conversations WHERE root_number = ?');
    this.#own = db.prepare(
      'INSERT INTO known_messages VALUES (?, ?) ON CONFLICT DO UPDATE SET session = excluded.session',
    );
  }

  close(): void {
    this.end();
  }

  /** Runs changes atomically. */
  transaction<T>(body: () => T): T {
    this.#changes = [];
    this.transactions++;
    const { db } = this.reader;
    // An index in memory is written within the transaction of an answer.
    const result = db.inTransaction
      ? db.transaction(body)()
      : this.reader.transaction('BEGIN IMMEDIATE', body);
    if (this.#changes.length > 0) for (const listener of this.listeners) listener(this.#changes);
    return result;
  }

  /**
   * Takes in rows while the index is being built. Most sessions have no parent and were not compressed, so the rules need no other session for them;
   * {@link arrange} works out the rest.
   * @param first the number for the first row.
   */
  load(rows: readonly Row[], first: number): void {
    rows.forEach((row, at) => {
      const session = Object.assign(toKnownSession(row), { number: first + at });
      const isAlone = session.parentId === null && session.endReason !== 'compression';
      const conversation = isAlone ? conversationOf(this.known, session) : undefined;
      const { number } = session;
      const derived = isAlone
        ? [number, number, 1, Number(conversation?.isListed), session.namedUserId]
        : [null, null, 0, 0, null];
      this.#insert.run(number, ...valuesOf(row, session), ...derived);
      if (conversation?.isListed === true) this.#list.run(...listedValues(conversation));
    });
  }

  /** Works out a batch of the chains of loaded sessions that have relatives. @returns whether it was the last batch. */
  arrange(limit: number): boolean {
    const left = this.reader.tuples(
      `SELECT number, id FROM known_sessions WHERE root_number IS NULL AND number > ? ORDER BY number LIMIT ${limit}`,
      this.#arranged,
    );
    this.#deriveChains(left.map(([, id]) => String(id)));
    this.#arranged = countOf(left.at(-1)?.[0]);
    return left.length < limit;
  }

  /**
   * Takes in what was read again: rows of existing sessions, and rowids of missing ones.
   * @returns whether anything differed.
   */
  apply(rows: readonly Row[], gone: Iterable<number> = []): boolean {
    const changed = rows.map((row) => this.#compare(row)).filter((change) => change !== undefined);
    const gones = [...gone].flatMap((rowid) => this.#known(this.known.rowAt(rowid)) ?? []);
    const removed = withoutMoved([...changed.flatMap(({ displaced }) => displaced), ...gones], changed);
    if (changed.length === 0 && removed.length === 0) return false;
    const affected = new AffectedSessions(this.known, this.listeners.size > 0);
    for (const { displaced, isOfKind } of changed) for (const one of displaced) affected.add(one, isOfKind);
    for (const session of removed) affected.add(session, true);
    for (const session of removed) this.#remove(session);
    for (const { row, same } of changed)
      if (same !== undefined && same.rowid !== rowidOf(row.session_rowid)) this.#moveAway.run(same.number);
    for (const change of changed) this.#replace(change);
    for (const { row, isOfKind } of changed) {
      const session = this.known.node(String(row.id));
      if (session !== undefined) affected.add(session, isOfKind);
    }
    this.#deriveChains(affected.ids);
    this.#tell(affected);
    return true;
  }

  /** Records which sessions messages belong to. */
  own(owners: Iterable<MessageOwner>): void {
    for (const { messageId, session, findable } of owners)
      // Beyond safe integers different ids become the same number, and SQLite rejects one that is rounded above the largest rowid.
      if (Number.isSafeInteger(messageId)) this.#own.run(messageId, findable ? session : -session);
  }

  /** The newest rowid and message id that the index knows. */
  get ends(): { readonly newestRowid: number; readonly newestMessageId: number } {
    return {
      newestRowid: rowidOf(this.reader.value('SELECT max(session_rowid) FROM known_sessions')),
      newestMessageId: countOf(this.reader.value('SELECT max(id) FROM known_messages')),
    };
  }

  /** Rowids of all sessions. */
  rowids(): readonly number[] {
    return this.reader
      .all('SELECT session_rowid FROM known_sessions')
      .map((row) => rowidOf(row.session_rowid));
  }

  /** Rowids and ids of all sessions. */
  ids(): readonly (readonly [rowid: number, id: string])[] {
    return this.reader
      .tuples('SELECT session_rowid, id FROM known_sessions')
      .map(([rowid, id]) => [rowidOf(rowid), String(id)]);
  }

  /** How many messages each session has. */
  storedMessages(): readonly { readonly rowid: number; readonly id: string; readonly messages: number }[] {
    return this.reader
      .tuples('SELECT session_rowid, id, stored_messages FROM known_sessions')
      .map(([rowid, id, messages]) => ({
        rowid: rowidOf(rowid),
        id: String(id),
        messages: countOf(messages),
      }));
  }

  /** A fact about the history as a whole; undefined if none was stored under this name. */
  recall(name: string): SqlValue | undefined {
    return this.reader.value('SELECT value FROM known_history WHERE name = ?', name);
  }

  remember(name: string, value: SqlValue): void {
    this.reader.run(
      'INSERT INTO known_history VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
      name,
      value,
    );
  }

  /** Compares a row with the index; undefined if nothing differs. */
  #compare(row: Row): RowChange | undefined {
    const atRowid = this.known.rowAt(rowidOf(row.session_rowid));
    if (atRowid !== undefined && FACT_COLUMNS.every((column) => isSame(atRowid[column], row[column])))
      return undefined;
    const there = this.#known(atRowid);
    const same = there?.id === row.id ? there : this.known.node(String(row.id));
    const displaced = [...new Set([there, same])].filter((session) => session !== undefined);
    const isOfKind = same !== there || KIND_COLUMNS.some((column) => !isSame(atRowid?.[column], row[column]));
    return { row, same, displaced, isOfKind };
  }

  #known(row: Row | undefined): KnownSession | undefined {
    return row === undefined ? undefined : toKnownSession(row);
  }

  #replace({ row, same }: RowChange): void {
    const session = toKnownSession(row);
    const values = valuesOf(row, session);
    if (same === undefined) {
      const { lastInsertRowid } = this.#insert.run(null, ...values, null, null, 0, 0, null);
      this.slices.touch(Number(lastInsertRowid));
    } else {
      this.#update.run(...values, same.number);
      this.slices.touch(same.number);
    }
  }

  #remove({ number }: KnownSession): void {
    this.#unlist.run(number);
    this.#delete.run(number);
    this.slices.touch(number);
  }

  /** Works out the chains of some sessions; skips those that are gone. */
  #deriveChains(ids: Iterable<string>): void {
    const done = new Set<number>();
    const owned = new OwnedLineage(this.known.named);
    for (const id of ids) {
      const session = owned.node(id);
      if (session === undefined || done.has(session.number)) continue;
      const conversation = conversationOf(owned, session);
      const { root, tip, members, length, isListed } = conversation;
      const isFamily = members.some(({ number }) => number === root.number);
      for (const member of members) {
        const { number } = member;
        done.add(number);
        const family = isFamily ? root.number : number;
        const isEntry = isListed && number === tip.number;
        if (
          member.rootNumber !== root.number ||
          member.familyNumber !== family ||
          member.chainLength !== length ||
          member.isEntry !== isEntry ||
          member.ownerId !== member.userId
        )
          this.#derive.run(root.number, family, length, Number(isEntry), member.userId, number);
        if (!isListed || number !== root.number) this.#unlist.run(number);
        this.slices.touch(number);
      }
      this.slices.touch(root.number);
      if (isListed) this.#list.run(...listedValues(conversation));
    }
  }

  #tell({ before, ids }: AffectedSessions): void {
    if (this.listeners.size === 0) return;
    const after = new Map<string, SessionState>();
    for (const id of ids) {
      const session = this.known.node(id);
      if (session !== undefined) after.set(id, stateOf(this.known, session));
    }
    // One by one: spreading them into `push` fails beyond some hundred thousand arguments.
    for (const change of changesBetween(before, after)) this.#changes.push(change);
  }
}

/** A row that differs from the index. */
interface RowChange {
  readonly row: Row;
  /** The session with this id, as the index knows it. */
  readonly same: KnownSession | undefined;
  /** Sessions that the row displaces: with the same rowid, and with the same id. */
  readonly displaced: readonly KnownSession[];
  /** Whether its relation to other sessions may have changed. */
  readonly isOfKind: boolean;
}

/** Sessions without any row, each once. One that was deleted and added again has another row. */
function withoutMoved(
  sessions: readonly KnownSession[],
  changed: readonly RowChange[],
): readonly KnownSession[] {
  const there = new Set(changed.map(({ row }) => row.id));
  const left = sessions.filter(({ id }) => !there.has(id));
  return [...new Map(left.map((session) => [session.number, session])).values()];
}

/** The sessions whose chains a change can affect, and their states before it. */
class AffectedSessions {
  readonly before = new Map<string, SessionState>();
  readonly #numbers = new Map<number, string>();
  readonly #families = new Set<number>();

  /** @param remembers whether anybody needs the states before. */
  constructor(
    private readonly known: KnownSessions,
    private readonly remembers: boolean,
  ) {}

  get ids(): Iterable<string> {
    return this.#numbers.values();
  }

  /** Adds a session and its chain; and the chains of its parent and children, if they depend on what changed. */
  add(session: KnownSession, withRelatives: boolean): void {
    this.#addFamily(session);
    if (!withRelatives) return;
    const parent = session.parentId === null ? undefined : this.known.node(session.parentId);
    if (parent !== undefined) this.#addFamily(parent);
    for (const child of this.known.children(session.id)) this.#addFamily(child);
  }

  #addFamily(session: KnownSession): void {
    this.#addOne(session);
    // A change often concerns a whole chain, which can have a thousand members, so each is read once.
    if (session.familyNumber === 0 || this.#families.has(session.familyNumber)) return;
    this.#families.add(session.familyNumber);
    for (const member of this.known.members(session.familyNumber)) this.#addOne(member);
  }

  #addOne(session: KnownSession): void {
    if (this.#numbers.has(session.number)) return;
    this.#numbers.set(session.number, session.id);
    // A session that was just added has no state before.
    if (this.remembers && session.rootNumber !== 0) this.before.set(session.id, stateOf(this.known, session));
  }
}

/** The values of a row in the column order of the statements. */
function valuesOf(row: Row, { delegateFrom, startedAt, lastActiveAt }: KnownSession): readonly SqlValue[] {
  return [
    rowidOf(row.session_rowid),
    ...FACT_COLUMNS.map((column) => row[column] ?? null),
    delegateFrom,
    startedAt ?? -1,
    lastActiveAt ?? -1,
  ];
}

function isSame(a: SqlValue | undefined, b: SqlValue | undefined): boolean {
  return a === b || (Buffer.isBuffer(a) && Buffer.isBuffer(b) && a.equals(b));
}
