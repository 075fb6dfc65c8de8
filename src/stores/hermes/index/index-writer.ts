import type { Statement } from 'better-sqlite3';
import { conversationOf } from '../../../sessions/lineage/lineage.js';
import { OwnedLineage } from '../../../sessions/lineage/owned-lineage.js';
import { conversationFacts } from '../../read-model/conversation-facts.js';
import { FACT_COLUMNS } from './tables.js';
import type { Row, SqliteReader, SqlValue } from '../file/sqlite-reader.js';
import { rowidOf } from '../file/rowids.js';
import { countOf } from '../file/values.js';
import { KnownSessions, toKnownSession, type KnownSession } from './known-sessions.js';
import { changesBetween, stateOf, type SessionChange, type SessionState } from './session-change.js';
import { SessionSlices } from './session-slices.js';

/** A message, and the session that it belongs to. */
export interface MessageOwner {
  readonly messageId: number;
  /** The number of the session. */
  readonly session: number;
  /** Whether a search may find it. */
  readonly findable: boolean;
}

/** Columns that decide what a session is to its relatives; any other concerns its own chain alone. */
const KIND_COLUMNS = [
  ...(['id', 'parent_session_id', 'platform', 'started_at', 'ended_at'] as const),
  ...(['end_reason', 'session_key', 'markers'] as const),
];

const FACTS = FACT_COLUMNS.join(', ');
const INSERT = `INSERT INTO known_sessions (number, session_rowid, ${FACTS}, delegate_from, started_order, active_order,
    root_number, family_number, chain_length, is_entry, user_id)
  VALUES (${Array.from({ length: FACT_COLUMNS.length + 10 }, () => '?').join(', ')})`;

/** Hears what changes in what an index knows; of undefined where it was made anew, so that nobody knows what changed. */
export type IndexListener = (changes: readonly SessionChange[] | undefined) => void;

/** Changes the index, and works out what follows: chains, and the conversations that are listed. */
export class IndexWriter {
  /** The sessions as this connection sees them, its own changes included. */
  readonly known: KnownSessions;
  /** Which sessions were changed since the index was opened. */
  readonly slices = new SessionSlices();
  /** Are told of every change to what the index knows, once it is committed. */
  listeners: ReadonlySet<IndexListener> = new Set();
  /** How often something was written since the index was opened. */
  transactions = 0;
  #changes: SessionChange[] = [];
  /** The number of the last session that was {@link arrange}d, so that none is passed over twice. */
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
   * @param reader of a connection of its own to the index; where the index is in memory, that of the answers.
   * @param end lets go of the index.
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
    // Two sessions can have changed places: no rowid that is served is as low.
    this.#moveAway = db.prepare(
      'UPDATE known_sessions SET session_rowid = number - 9223372036854775807 WHERE number = ?',
    );
    this.#delete = db.prepare('DELETE FROM known_sessions WHERE number = ?');
    this.#derive = db.prepare(
      'UPDATE known_sessions SET root_number = ?, family_number = ?, chain_length = ?, is_entry = ?, user_id = ? WHERE number = ?',
    );
    this.#list = db.prepare(
      `INSERT INTO known_conversations (root_number, tip_number, tip_id, started_order, active_order, platform, user_id, archived,
          model, is_ended, is_titled, is_pinned, pinned, messages, chain_length, owner_id, other_platforms)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET tip_number = excluded.tip_number, tip_id = excluded.tip_id, started_order = excluded.started_order,
          active_order = excluded.active_order, platform = excluded.platform, user_id = excluded.user_id,
          archived = excluded.archived, model = excluded.model, is_ended = excluded.is_ended, is_titled = excluded.is_titled,
          is_pinned = excluded.is_pinned, pinned = excluded.pinned, messages = excluded.messages, chain_length = excluded.chain_length,
          owner_id = excluded.owner_id, other_platforms = excluded.other_platforms`,
    );
    this.#unlist = db.prepare('DELETE FROM known_conversations WHERE root_number = ?');
    this.#own = db.prepare(
      'INSERT INTO known_messages VALUES (?, ?) ON CONFLICT DO UPDATE SET session = excluded.session',
    );
  }

  close(): void {
    this.end();
  }

  /** Runs changes whole or not at all. */
  transaction<T>(body: () => T): T {
    this.#changes = [];
    this.transactions++;
    const { db } = this.reader;
    // In memory this is a part of the transaction of an answer.
    const result = db.inTransaction
      ? db.transaction(body)()
      : this.reader.transaction('BEGIN IMMEDIATE', body);
    if (this.#changes.length > 0) for (const listener of this.listeners) listener(this.#changes);
    return result;
  }

  /**
   * Takes in rows while the index is being built. Most sessions came from none and were not compressed: of these the rules look at no
   * other; {@link arrange} works out the rest.
   * @param first the number of the first of them.
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
      if (conversation?.isListed === true) this.#listConversation(conversation);
    });
  }

  /** Works out the chains of sessions that were loaded and have relatives, some at a time. @returns whether these were the last. */
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
   * Takes in what was read anew: rows of sessions that exist, and rowids of those that do not.
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

  /** Remembers which sessions messages belong to. */
  own(owners: Iterable<MessageOwner>): void {
    for (const { messageId, session, findable } of owners)
      // Numbers cannot tell others from the next, and SQLite takes none for a rowid that is rounded beyond the largest one.
      if (Number.isSafeInteger(messageId)) this.#own.run(messageId, findable ? session : -session);
  }

  /** Where the rows that the index knows end. */
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

  /** Something about the history as a whole that the index remembers; undefined where it never was. */
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

  /** Compares a row with what is known: undefined where it is the same. */
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

  /** Works out the chains of some sessions; of those that are gone there is none. */
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
      if (isListed) this.#listConversation(conversation);
    }
  }

  #listConversation(conversation: ReturnType<typeof conversationOf<KnownSession>>): void {
    const { root, tip } = conversation;
    const facts = conversationFacts(conversation);
    const others = facts.platforms.filter((platform) => platform !== facts.platform);
    this.#list.run(
      ...[
        root.number,
        tip.number,
        tip.id,
        facts.startedOrder,
        facts.activeOrder,
        facts.platform,
        facts.userId,
      ],
      ...[Number(facts.archived), facts.model, Number(facts.isEnded), Number(facts.isTitled)],
      ...[Number(facts.isPinned), Number(root.pinned), facts.messages, facts.chainLength, facts.ownerId],
      others.length === 0 ? null : JSON.stringify(others),
    );
  }

  #tell({ before, ids }: AffectedSessions): void {
    if (this.listeners.size === 0) return;
    const after = new Map<string, SessionState>();
    for (const id of ids) {
      const session = this.known.node(id);
      if (session !== undefined) after.set(id, stateOf(this.known, session));
    }
    // One by one: a function takes some hundred thousand arguments at most.
    for (const change of changesBetween(before, after)) this.#changes.push(change);
  }
}

/** A row that is not as the index knows it. */
interface RowChange {
  readonly row: Row;
  /** The session with this id, as it is known. */
  readonly same: KnownSession | undefined;
  /** Sessions whose place the row takes: of the same rowid, and of the same id. */
  readonly displaced: readonly KnownSession[];
  /** Whether it may be something else to its relatives now. */
  readonly isOfKind: boolean;
}

/** Sessions that are in no row any more, each once: one that was deleted and added again is in another row. */
function withoutMoved(
  sessions: readonly KnownSession[],
  changed: readonly RowChange[],
): readonly KnownSession[] {
  const there = new Set(changed.map(({ row }) => row.id));
  const left = sessions.filter(({ id }) => !there.has(id));
  return [...new Map(left.map((session) => [session.number, session])).values()];
}

/** The sessions whose chains a change can concern, and what they were before it. */
class AffectedSessions {
  readonly before = new Map<string, SessionState>();
  readonly #numbers = new Map<number, string>();
  readonly #families = new Set<number>();

  /** @param remembers whether anybody wants to know what they were. */
  constructor(
    private readonly known: KnownSessions,
    private readonly remembers: boolean,
  ) {}

  get ids(): Iterable<string> {
    return this.#numbers.values();
  }

  /** A session and its chain; with the chains of its parent and its children where these depend on what it is. */
  add(session: KnownSession, withRelatives: boolean): void {
    this.#addFamily(session);
    if (!withRelatives) return;
    const parent = session.parentId === null ? undefined : this.known.node(session.parentId);
    if (parent !== undefined) this.#addFamily(parent);
    for (const child of this.known.children(session.id)) this.#addFamily(child);
  }

  #addFamily(session: KnownSession): void {
    this.#addOne(session);
    // A change often concerns all of a chain, which can have a thousand members.
    if (session.familyNumber === 0 || this.#families.has(session.familyNumber)) return;
    this.#families.add(session.familyNumber);
    for (const member of this.known.members(session.familyNumber)) this.#addOne(member);
  }

  #addOne(session: KnownSession): void {
    if (this.#numbers.has(session.number)) return;
    this.#numbers.set(session.number, session.id);
    // One that was only just added was nothing before.
    if (this.remembers && session.rootNumber !== 0) this.before.set(session.id, stateOf(this.known, session));
  }
}

/** The values of a row in the order in which they are written. */
function valuesOf(row: Row, { delegateFrom, startedAt, lastActiveAt }: KnownSession): readonly SqlValue[] {
  return [
    rowidOf(row.session_rowid),
    ...FACT_COLUMNS.map((column) => row[column] ?? null),
    ...[delegateFrom, startedAt ?? -1, lastActiveAt ?? -1],
  ];
}

function isSame(a: SqlValue | undefined, b: SqlValue | undefined): boolean {
  return a === b || (Buffer.isBuffer(a) && Buffer.isBuffer(b) && a.equals(b));
}
