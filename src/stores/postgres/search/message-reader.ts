import type { EntityManager } from 'typeorm';
import { BYTES_AT_ONCE } from '../../read-model/message-parts.js';
import type { SqlPiece } from '../../read-model/sql-piece.js';
import { queryNamed } from '../connection/named-query.js';
import { MessageEntity } from '../schema/entities.js';
import { EntityRows, type RowOf } from '../schema/entity-rows.js';

/** A session as the word index identifies it. */
export interface SessionKey {
  readonly historyId: number;
  readonly number: number;
}

/** A message that may be a hit. */
export interface Candidate extends SessionKey {
  readonly messageId: number;
}

/** What a search compares in a message, and what it shows of it. */
const HIT_PROPERTIES = ['id', 'role', 'timestamp', 'content', 'toolName', 'toolCalls', 'state'] as const;

/** What is read of a message to confirm and show a hit. */
export type HitMessage = Pick<RowOf<MessageEntity>, (typeof HIT_PROPERTIES)[number]>;

/** A message and its session. */
interface ReadMessage {
  readonly session: SessionKey;
  readonly message: HitMessage;
}

/** Most messages that are read in one batch, however small they are. */
const MESSAGES_AT_ONCE = 2000;

type Row = Readonly<Record<string, unknown>>;

/** Reads messages for a search, some megabytes at a time: any message may contain a picture. */
export class MessageReader {
  readonly #messages: EntityRows<MessageEntity>;

  constructor(private readonly manager: EntityManager) {
    this.#messages = new EntityRows(manager, MessageEntity);
  }

  /**
   * Reads the first of some candidates, skipping messages that have been deleted.
   * @returns the messages, and the remaining candidates.
   */
  async readSome(candidates: readonly Candidate[]): Promise<{
    readonly read: readonly ReadMessage[];
    readonly left: readonly Candidate[];
  }> {
    if (candidates.length === 0) return { read: [], left: [] };
    const some = candidates.slice(0, MESSAGES_AT_ONCE);
    const rows = await this.manager.query<(Row & SessionKey & { readonly next: number | null })[]>(
      fitting(
        `SELECT k.at, k.history_id AS "historyId", k.number, ${this.#columns('m')}, ${sizes('k.at')}, lead(k.at) OVER (ORDER BY k.at) AS next
          FROM unnest($1::int[], $2::bigint[], $3::bigint[]) WITH ORDINALITY k(history_id, number, id, at)
          JOIN sessions s ON s.history_id = k.history_id AND s.number = k.number
          JOIN messages m ON m.history_id = s.history_id AND m.session_id = s.id AND m.id = k.id`,
        'at',
      ),
      [
        some.map(({ historyId }) => historyId),
        some.map(({ number }) => number),
        some.map(({ messageId }) => messageId),
      ],
    );
    const next = rows.at(-1)?.next ?? some.length + 1;
    return { read: this.#fromRows(rows), left: candidates.slice(next - 1) };
  }

  /** Reads every message of some histories. @param within conditions on messages `w`. */
  async *readAll(within: SqlPiece): AsyncGenerator<readonly ReadMessage[]> {
    const sql = fitting(
      `SELECT m.history_id AS "historyId", s.number, m.*, ${sizes('m.history_id, m.session_id, m.id')} FROM (
          SELECT w.history_id, w.session_id, w.bytes, ${this.#columns('w')} FROM messages w
            WHERE (w.history_id, w.session_id, w.id) > (:history, :session, :message) AND ${within.sql}
            ORDER BY w.history_id, w.session_id, w.id LIMIT ${MESSAGES_AT_ONCE}) m
          JOIN sessions s ON s.history_id = m.history_id AND s.id = m.session_id`,
      'history_id, session_id, id',
    );
    let last = { history_id: 0, session_id: '', id: 0 };
    for (;;) {
      const rows = await queryNamed<Row & SessionKey & typeof last>(this.manager, sql, {
        ...within.parameters,
        history: last.history_id,
        session: last.session_id,
        message: last.id,
      });
      const end = rows.at(-1);
      if (end === undefined) return;
      last = end;
      yield this.#fromRows(rows);
    }
  }

  #columns(alias: string): string {
    return this.#messages.columns(alias, HIT_PROPERTIES);
  }

  #fromRows(rows: readonly (Row & SessionKey)[]): readonly ReadMessage[] {
    const messages = this.#messages.fromColumns(rows, HIT_PROPERTIES);
    return rows.flatMap(({ historyId, number }, at) => {
      const message = messages[at];
      return message === undefined ? [] : [{ session: { historyId, number }, message }];
    });
  }
}

/** The columns that {@link fitting} needs of messages `m`: the size of each message, and the running total. */
function sizes(order: string): string {
  return `m.bytes AS size, sum(m.bytes) OVER (ORDER BY ${order}) AS until`;
}

/** Selects the first messages up to some megabytes, and at least one. The texts of the others are not read. */
function fitting(messages: string, order: string): string {
  return `SELECT * FROM (${messages}) f WHERE until <= ${BYTES_AT_ONCE} OR until = size ORDER BY ${order}`;
}
