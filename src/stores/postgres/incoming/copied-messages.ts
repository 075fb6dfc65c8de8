import { WordRows, type IndexedMessage } from '../search/word-rows.js';
import { CopyData, type CopiedColumns } from './copy-data.js';
import type { CopiedRows, IncomingMessage } from './upload.js';

/** The tables with their columns, in the order in which {@link MessageCopies} writes them. */
export const COPIED_COLUMNS = {
  messages: {
    table: 'messages',
    columns: `history_id, session_id, id, state, role, content, tool_call_id, tool_calls, tool_name, reasoning,
      finish_reason, token_count, "timestamp", bytes, place`,
  },
  words: {
    table: 'session_words',
    columns: 'history_id, session_number, first_id, message_ids, is_whole, words',
  },
} as const satisfies Readonly<Record<string, CopiedColumns>>;

/** The names of a session: messages refer to its id, word rows to its number. */
export interface SessionName {
  readonly id: string;
  readonly number: number;
}

/** Encodes the messages of one history as rows. */
export class MessageCopies {
  readonly #messages = new CopyData();
  readonly #words = new CopyData();
  readonly #wordRows = new WordRows();

  constructor(private readonly historyId: number) {}

  /**
   * Adds messages of a session and their word rows; adds nothing if it fails.
   * @returns the bytes this took.
   */
  add(
    { id, number }: SessionName,
    messages: readonly IncomingMessage[],
  ): { readonly messages: number; readonly words: number } {
    const before = { messages: this.#messages.length, words: this.#words.length };
    try {
      for (const message of messages) this.#addMessage(id, message);
      this.addWords(number, messages);
    } catch (error) {
      this.#messages.cut(before.messages);
      this.#words.cut(before.words);
      throw error;
    }
    return {
      messages: this.#messages.length - before.messages,
      words: this.#words.length - before.words,
    };
  }

  /** Adds word rows only. */
  addWords(sessionNumber: number, messages: readonly IndexedMessage[]): void {
    for (const { messageIds, isWhole, words } of this.#wordRows.of(messages)) {
      this.#words
        .row(6)
        .integer(this.historyId)
        .bigint(sessionNumber)
        .bigint(messageIds[0] ?? 0)
        .bigints(messageIds)
        .boolean(isWhole)
        .binary(words);
    }
  }

  /** The rows added since the last call. */
  take(): CopiedRows {
    return { messages: this.#messages.take(), words: this.#words.take() };
  }

  #addMessage(sessionId: string, message: IncomingMessage): void {
    this.#messages
      .row(15)
      .integer(this.historyId)
      .text(sessionId)
      .bigint(message.id)
      .smallint(message.state)
      .text(message.role)
      .text(message.content)
      .text(message.toolCallId)
      .text(message.toolCalls)
      .text(message.toolName)
      .text(message.reasoning)
      .text(message.finishReason)
      .double(message.tokenCount)
      .double(message.timestamp)
      .integer(message.bytes)
      .bigint(message.place);
  }
}
