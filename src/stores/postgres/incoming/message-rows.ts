import type { EntityManager } from 'typeorm';
import { MessageEntity } from '../schema/entities.js';
import { EntityRows } from '../schema/entity-rows.js';
import { toStored } from '../schema/stored-text.js';
import { ROW_MESSAGES, toWordRows, type IndexedMessage, type WordRow } from '../search/word-rows.js';
import type { SessionUpload } from './upload.js';

/** So many small rows of words at the end of a session are made one. */
const SMALL_ROWS = 16;

/** Columns of messages with the types of their arrays. Arrays take the driver and the database a third of the time of JSON. */
const COLUMNS = [
  ['session_id', 'text'],
  ['id', 'bigint'],
  ['state', 'smallint'],
  ['role', 'text'],
  ['content', 'text'],
  ['tool_call_id', 'text'],
  ['tool_calls', 'text'],
  ['tool_name', 'text'],
  ['reasoning', 'text'],
  ['finish_reason', 'text'],
  ['token_count', 'double precision'],
  ['"timestamp"', 'double precision'],
  ['bytes', 'integer'],
] as const;

const UPSERT = `INSERT INTO messages (history_id, ${COLUMNS.map(([name]) => name).join(', ')})
  SELECT $1, * FROM unnest(${COLUMNS.map(([, type], at) => `$${at + 2}::${type}[]`).join(', ')})
  ON CONFLICT (history_id, session_id, id) DO UPDATE SET
    ${COLUMNS.slice(2)
      .map(([name]) => `${name} = EXCLUDED.${name}`)
      .join(', ')}`;

/** Writes messages of some sessions, and the words by which they are found. */
export class MessageRows {
  readonly #messages: EntityRows<MessageEntity>;

  constructor(
    private readonly manager: EntityManager,
    private readonly historyId: number,
  ) {
    this.#messages = new EntityRows(manager, MessageEntity);
  }

  async write(uploads: readonly SessionUpload[]): Promise<void> {
    await this.#upsert(uploads);
    const rows: (WordRow & { readonly sessionId: string })[] = [];
    for (const upload of uploads) {
      const sessionId = toStored(upload.session.id);
      if (upload.removedMessages.length > 0) await this.#remove(sessionId, upload.removedMessages);
      const others = await this.#othersOf(sessionId, upload);
      const words =
        others.length === 0
          ? upload.words
          : toWordRows([...others, ...upload.messages].sort((a, b) => a.id - b.id));
      rows.push(...words.map((row) => ({ ...row, sessionId })));
    }
    await this.#insertWords(rows);
  }

  async #upsert(uploads: readonly SessionUpload[]): Promise<void> {
    const rows = uploads.flatMap(({ session, messages }) =>
      messages.map((message) => ({ session, message })),
    );
    if (rows.length === 0) return;
    const text = (value: string | null): string | null => (value === null ? null : toStored(value));
    await this.manager.query(UPSERT, [
      this.historyId,
      rows.map(({ session }) => toStored(session.id)),
      rows.map(({ message }) => message.id),
      rows.map(({ message }) => message.state),
      rows.map(({ message }) => toStored(message.role)),
      rows.map(({ message }) => text(message.content)),
      rows.map(({ message }) => text(message.toolCallId)),
      rows.map(({ message }) => text(message.toolCalls)),
      rows.map(({ message }) => text(message.toolName)),
      rows.map(({ message }) => text(message.reasoning)),
      rows.map(({ message }) => text(message.finishReason)),
      rows.map(({ message }) => message.tokenCount),
      rows.map(({ message }) => message.timestamp),
      rows.map(({ message }) => message.bytes),
    ]);
  }

  /** Messages that are here already and whose words are written anew with these. */
  async #othersOf(sessionId: string, upload: SessionUpload): Promise<readonly IndexedMessage[]> {
    const ids = upload.messages.map(({ id }) => id);
    switch (upload.way) {
      case 'new':
        return [];
      case 'appended':
        return this.#takeSmallRows(sessionId, ids);
      case 'rewritten':
        return this.#takeNeighbours(sessionId, [...ids, ...upload.removedMessages], ids);
    }
  }

  async #remove(sessionId: string, ids: readonly number[]): Promise<void> {
    await this.manager.query(
      'DELETE FROM messages WHERE history_id = $1 AND session_id = $2 AND id = ANY($3)',
      [this.historyId, sessionId, ids],
    );
  }

  /** Takes away the rows of words that some messages are in. @returns the others that were in them. */
  async #takeNeighbours(
    sessionId: string,
    ids: readonly number[],
    except: readonly number[],
  ): Promise<readonly IndexedMessage[]> {
    const taken = await this.manager.query<{ message_ids: string[] }[]>(
      `WITH taken AS (DELETE FROM session_words WHERE history_id = $1 AND session_id = $2 AND message_ids && $3::bigint[]
        RETURNING message_ids) SELECT message_ids FROM taken`,
      [this.historyId, sessionId, ids],
    );
    const known = new Set(except);
    const others = taken.flatMap(({ message_ids: some }) => some.map(Number)).filter((id) => !known.has(id));
    return this.#read(sessionId, others);
  }

  /**
   * Takes away the small rows of words at the end of a session, once they are many: a session that grows message by message would
   * have as many rows as messages. @returns their messages.
   */
  async #takeSmallRows(sessionId: string, ids: readonly number[]): Promise<readonly IndexedMessage[]> {
    const rows = await this.manager.query<{ message_ids: string[] }[]>(
      `SELECT message_ids FROM session_words WHERE history_id = $1 AND session_id = $2 ORDER BY first_id DESC LIMIT $3`,
      [this.historyId, sessionId, SMALL_ROWS],
    );
    const large = rows.findIndex(({ message_ids: some }) => some.length * 4 > ROW_MESSAGES);
    if (rows.length < SMALL_ROWS || large !== -1) return [];
    const small = rows.flatMap(({ message_ids: some }) => some.map(Number));
    return this.#takeNeighbours(sessionId, small, ids);
  }

  async #read(sessionId: string, ids: readonly number[]): Promise<readonly IndexedMessage[]> {
    if (ids.length === 0) return [];
    const rows = await this.manager.query<Record<string, unknown>[]>(
      `SELECT ${this.#messages.columns('m')} FROM messages m
        WHERE m.history_id = $1 AND m.session_id = $2 AND m.id = ANY($3)`,
      [this.historyId, sessionId, ids],
    );
    return this.#messages.fromColumns(rows);
  }

  async #insertWords(rows: readonly (WordRow & { readonly sessionId: string })[]): Promise<void> {
    const AT_ONCE = 500;
    for (let from = 0; from < rows.length; from += AT_ONCE) {
      const some = rows.slice(from, from + AT_ONCE);
      const values = some.map((_row, at) => {
        const first = 5 * at + 1;
        return `($1::integer, $${first + 1}::text, $${first + 2}::bigint, $${first + 3}::bigint[], $${first + 4}::boolean, $${first + 5}::tsvector)`;
      });
      await this.manager.query(
        `INSERT INTO session_words (history_id, session_id, first_id, message_ids, is_whole, words) VALUES ${values.join(', ')}`,
        [
          this.historyId,
          ...some.flatMap(({ sessionId, messageIds, isWhole, words }) => [
            ...[sessionId, messageIds[0], messageIds, isWhole, words],
          ]),
        ],
      );
    }
  }
}
