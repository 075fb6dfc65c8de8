import type { DelegationSource } from '../../../sessions/lineage/delegates.js';
import type { LineageSource } from '../../../sessions/lineage/lineage.js';
import { FACT_COLUMNS } from './tables.js';
import type { Row, SqliteReader, SqlValue } from '../file/sqlite-reader.js';
import { countOf, textOf } from '../file/values.js';
import { toSessionFact, type SessionFact } from './session-fact.js';

/** A session of the index: what it is, and where its chain puts it. */
export interface KnownSession extends SessionFact {
  /** The user that the row names. */
  readonly namedUserId: string | null;
  /** Whose it was found to be, which `userId` says as well. */
  readonly ownerId: string | null;
  /** Never belongs to another session id. */
  readonly number: number;
  /** The session with which its compression chain begins. */
  readonly rootNumber: number;
  /** The same; or itself, where it leads into a cycle that it is no part of. */
  readonly familyNumber: number;
  /** Sessions from the root to the tip. */
  readonly chainLength: number;
  /** Whether it is the entry of its conversation. */
  readonly isEntry: boolean;
}

/** What {@link toKnownSession} reads of `known_sessions k`. */
export const KNOWN_COLUMNS = `k.number, k.session_rowid, ${FACT_COLUMNS.map((column) => `k.${column}`).join(', ')},
  k.user_id, k.root_number, k.family_number, k.chain_length, k.is_entry`;

const SELECT = `SELECT ${KNOWN_COLUMNS} FROM known_sessions k`;

const BY_ID = `${SELECT} WHERE k.id = ?`;
const BY_ROWID = `${SELECT} WHERE k.session_rowid = ?`;
const BY_NUMBER = `${SELECT} WHERE k.number = ?`;
const OF_PARENT = `${SELECT} WHERE k.parent_session_id = ?`;
const OF_DELEGATION = `${SELECT} WHERE k.delegate_from = ?`;
const OF_FAMILY = `${SELECT} WHERE k.family_number = ? AND k.family_number <> k.number`;

/** Finds sessions of the index, over any connection that sees its tables, as the rules of lineage look for them. */
export class KnownSessions implements LineageSource<KnownSession>, DelegationSource<KnownSession> {
  constructor(private readonly reader: SqliteReader) {}

  node(id: string): KnownSession | undefined {
    return this.#one(BY_ID, id);
  }

  byNumber(number: number): KnownSession | undefined {
    return this.#one(BY_NUMBER, number);
  }

  /** The row of the session that a row of the file was, as it was read. */
  rowAt(rowid: number): Row | undefined {
    return this.reader.get(BY_ROWID, rowid);
  }

  /** The same sessions with the users that their rows name, from which follows whose they are. */
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

  /** The sessions of a chain, and what a race left beside it, the first one first. */
  members(familyNumber: number): readonly KnownSession[] {
    return [...this.#all(BY_NUMBER, familyNumber), ...this.#all(OF_FAMILY, familyNumber)];
  }

  /** What a list shows of the conversation that a family is; undefined where it is in no list. */
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

  /** Sessions and messages of the index. */
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
