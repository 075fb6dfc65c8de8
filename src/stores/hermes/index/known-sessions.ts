import type { DelegationSource } from '../../../sessions/lineage/delegates.js';
import type { LineageSource } from '../../../sessions/lineage/lineage.js';
import { FACT_COLUMNS } from './tables.js';
import type { Row, SqliteReader, SqlValue } from '../file/sqlite-reader.js';
import { countOf, textOf } from '../file/values.js';
import { toSessionFact, type SessionFact } from './session-fact.js';

/** A session of the index: what it is, and its position in its chain. */
export interface KnownSession extends SessionFact {
  /** The user named by the row. */
  readonly namedUserId: string | null;
  /** The user that it was attributed to; the same as `userId`. */
  readonly ownerId: string | null;
  /** Never reused for another session id. */
  readonly number: number;
  /** The first session of its compression chain. */
  readonly rootNumber: number;
  /** The same as {@link rootNumber}; but its own number, if it leads into a cycle that it is not part of. */
  readonly familyNumber: number;
  /** Sessions from the root to the tip. */
  readonly chainLength: number;
  /** Whether it is the entry of its conversation. */
  readonly isEntry: boolean;
}

/** The columns of `known_sessions k` that {@link toKnownSession} reads. */
export const KNOWN_COLUMNS = `k.number, k.session_rowid, ${FACT_COLUMNS.map((column) => `k.${column}`).join(', ')},
  k.user_id, k.root_number, k.family_number, k.chain_length, k.is_entry`;

const SELECT = `SELECT ${KNOWN_COLUMNS} FROM known_sessions k`;

const BY_ID = `${SELECT} WHERE k.id = ?`;
const BY_ROWID = `${SELECT} WHERE k.session_rowid = ?`;
const BY_NUMBER = `${SELECT} WHERE k.number = ?`;
const OF_PARENT = `${SELECT} WHERE k.parent_session_id = ?`;
const OF_DELEGATION = `${SELECT} WHERE k.delegate_from = ?`;
const OF_FAMILY = `${SELECT} WHERE k.family_number = ? AND k.family_number <> k.number`;

/** Finds sessions of the index for the lineage rules, over any connection that sees its tables. */
export class KnownSessions implements LineageSource<KnownSession>, DelegationSource<KnownSession> {
  constructor(private readonly reader: SqliteReader) {}

  node(id: string): KnownSession | undefined {
    return this.#one(BY_ID, id);
  }

  byNumber(number: number): KnownSession | undefined {
    return this.#one(BY_NUMBER, number);
  }

  /** The index row for a rowid of the file, as it was last read. */
  rowAt(rowid: number): Row | undefined {
    return this.reader.get(BY_ROWID, rowid);
  }

  /** The same sessions with the users named by their rows, from which their owners are derived. */
  get named(): LineageSource<KnownSession> {
    return {
      node: (id) => asNamed(this.node(id)),
      children: (id) => this.children(id).flatMap((child) => asNamed(child) ?? []),
    };
  }

  children(id: string): readonly KnownSession[] {
    return this.#all(OF_PARENT, id);
  }

  workersFor(id: string): readonly KnownSession[] {
    return [...this.#all(OF_DELEGATION, id), ...this.children(id)];
  }

  /** The sessions of a chain, and what a race left beside it; the first session first. */
  members(familyNumber: number): readonly KnownSession[] {
    return [...this.#all(BY_NUMBER, familyNumber), ...this.#all(OF_FAMILY, familyNumber)];
  }

  /** What a list shows of the conversation of a family; undefined if it is not listed. */
  conversation(
    familyNumber: number,
  ): { readonly tipId: string; readonly lastActiveAt: number; readonly length: number } | undefined {
    const row = this.reader.get(
      'SELECT tip_id, active_order, chain_length FROM known_conversations WHERE root_number = ?',
      familyNumber,
    );
    if (row === undefined) return undefined;
    return {
      tipId: String(row.tip_id),
      lastActiveAt: Number(row.active_order),
      length: countOf(row.chain_length),
    };
  }

  /** Numbers of sessions and messages in the index. */
  get sizes(): { readonly sessions: number; readonly messages: number } {
    const row = this.reader.get(
      "SELECT sum(entries) AS sessions, sum(messages) AS messages FROM known_counts WHERE kind = 'row'",
    );
    return { sessions: countOf(row?.sessions), messages: countOf(row?.messages) };
  }

  #one(sql: string, key: SqlValue): KnownSession | undefined {
    const row = this.reader.get(sql, key);
    return row === undefined ? undefined : toKnownSession(row);
  }

  #all(sql: string, key: SqlValue): readonly KnownSession[] {
    return this.reader.all(sql, key).map(toKnownSession);
  }
}

function asNamed(session: KnownSession | undefined): KnownSession | undefined {
  if (session === undefined || session.userId === session.namedUserId) return session;
  return { ...session, userId: session.namedUserId };
}

/** Reads a row of the index. */
export function toKnownSession(row: Row): KnownSession {
  return Object.assign(toSessionFact(row), {
    namedUserId: textOf(row.named_user_id),
    ownerId: textOf(row.user_id),
    number: countOf(row.number),
    rootNumber: countOf(row.root_number),
    familyNumber: countOf(row.family_number),
    chainLength: countOf(row.chain_length),
    isEntry: row.is_entry === 1,
  });
}
