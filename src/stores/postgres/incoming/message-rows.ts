import type { EntityManager } from 'typeorm';
import { MessageEntity } from '../schema/entities.js';
import { EntityRows } from '../schema/entity-rows.js';
import { toStored } from '../schema/stored-text.js';
import { ROW_MESSAGES, type IndexedMessage } from '../search/word-rows.js';
import { COPIED_COLUMNS, type MessageCopies, type SessionName } from './copied-messages.js';
import { copyInto } from './copy-data.js';
import type { SessionUpload } from './upload.js';

/** This many small word rows at the end of a session are merged into one. */
const SMALL_ROWS = 16;

/** Writes messages of some sessions, with their word rows. */
export class MessageRows {
  readonly #messages: EntityRows<MessageEntity>;

  constructor(
    private readonly manager: EntityManager,
    private readonly historyId: number,
    private readonly copies: MessageCopies,
    /** The result of `areRowsChecked`. */
    private readonly areChecked: boolean,
  ) {
    this.#messages = new EntityRows(manager, MessageEntity);
  }

  async write(uploads: readonly SessionUpload[]): Promise<void> {
    const added = uploads.filter(({ way }) => way.kind !== 'rewritten');
    await copyInto(
      this.manager,
      COPIED_COLUMNS.messages,
      added.map(({ rows }) => rows.messages),
      this.areChecked,
    );
    const words: Uint8Array[] = [];
    for (const upload of uploads) words.push(await this.#replace(upload));
    await copyInto(this.manager, COPIED_COLUMNS.words, words, this.areChecked);
  }

  /** Replaces messages, and deletes the word rows that are rewritten. @returns the word rows to write. */
  async #replace({
    session: { id },
    number,
    rows,
    messageIds,
    removedMessages,
    way,
  }: SessionUpload): Promise<Uint8Array> {
    const sessionId = toStored(id);
    if (removedMessages.length > 0) await this.#remove(sessionId, removedMessages);
    if (way.kind === 'new') return rows.words;
    if (way.kind === 'rewritten')
      await this.#messages.upsert(
        way.messages.map((message) => ({ ...message, historyId: this.historyId, sessionId: id })),
      );
    // Messages that are already stored, and share word rows with these.
    const others =
      way.kind === 'appended'
        ? await this.#takeSmallRows({ id, number }, messageIds)
        : await this.#takeNeighbours({ id, number }, [...messageIds, ...removedMessages], messageIds);
    if (others.length === 0) return rows.words;
    const all = [...others, ...way.messages].sort((a, b) => a.id - b.id);
    this.copies.addWords(number, all);
    return this.copies.take().words;
  }

  async #remove(sessionId: string, ids: readonly number[]): Promise<void> {
    await this.manager.query(
      'DELETE FROM messages WHERE history_id = $1 AND session_id = $2 AND id = ANY($3)',
      [this.historyId, sessionId, ids],
    );
  }

  /** Deletes the word rows that contain some messages. @returns the other messages of these rows. */
  async #takeNeighbours(
    session: SessionName,
    ids: readonly number[],
    except: readonly number[],
  ): Promise<readonly IndexedMessage[]> {
    const taken = await this.manager.query<{ message_ids: string[] }[]>(
      `WITH taken AS (DELETE FROM session_words WHERE history_id = $1 AND session_number = $2 AND message_ids && $3::bigint[]
        RETURNING message_ids) SELECT message_ids FROM taken`,
      [this.historyId, session.number, ids],
    );
    const known = new Set(except);
    const others = taken.flatMap(({ message_ids: some }) => some.map(Number)).filter((id) => !known.has(id));
    return this.#read(toStored(session.id), others);
  }

  /**
   * Deletes the small word rows at the end of a session once there are many. Otherwise a session that grows message by message would have
   * as many rows as messages. @returns their messages.
   */
  async #takeSmallRows(session: SessionName, ids: readonly number[]): Promise<readonly IndexedMessage[]> {
    const rows = await this.manager.query<{ message_ids: string[] }[]>(
      `SELECT message_ids FROM session_words WHERE history_id = $1 AND session_number = $2 ORDER BY first_id DESC LIMIT $3`,
      [this.historyId, session.number, SMALL_ROWS],
    );
    const large = rows.findIndex(({ message_ids: some }) => some.length * 4 > ROW_MESSAGES);
    if (rows.length < SMALL_ROWS || large !== -1) return [];
    const small = rows.flatMap(({ message_ids: some }) => some.map(Number));
    return this.#takeNeighbours(session, small, ids);
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
}
