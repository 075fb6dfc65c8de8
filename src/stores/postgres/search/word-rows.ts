import { isAscii, needsSubstring, tokenize } from '../../../sessions/search/search-text.js';
import { isSearched, MESSAGE_STATE } from '../../../sessions/transcript/message-state.js';
import { PAIR, pairsOf, toLexeme } from './lexemes.js';
import { partText, wordText, type SearchedMessage } from './searchable-text.js';
import { WordVector } from './word-vector.js';

/** Most messages per row: PostgreSQL keeps up to 256 positions of a lexeme. */
export const ROW_MESSAGES = 64;

/**
 * Size of words and positions, in bytes, after which a new row begins, and the most that one message may take: a tsvector is limited to a
 * megabyte.
 */
const ROW_BYTES = 200_000;
const MESSAGE_BYTES = 800_000;

/** The words of some messages of a session; one row of the word index. */
export interface WordRow {
  readonly messageIds: readonly number[];
  /** Whether it contains all their words. */
  readonly isWhole: boolean;
  /** A tsvector in PostgreSQL's binary form; valid until the next row is made. */
  readonly words: Uint8Array;
}

/** A message to index. */
export interface IndexedMessage extends SearchedMessage {
  readonly id: number;
}

/** Makes the word-index rows of messages. */
export class WordRows {
  /** Takes seven megabytes, so it is created on first use: most hosts of a fleet have no new messages. */
  #made: WordVector | undefined;

  get #vector(): WordVector {
    return (this.#made ??= new WordVector());
  }

  /** The word-index rows of messages of a session; messages that are in no transcript add no words. */
  *of(messages: readonly IndexedMessage[]): Generator<WordRow> {
    const vector = this.#vector;
    let ids: number[] = [];
    vector.clear();
    for (const message of messages) {
      if (ids.length >= ROW_MESSAGES || vector.bytes >= ROW_BYTES) {
        yield this.#row(ids);
        ids = [];
        vector.clear();
      }
      ids.push(message.id);
      if (isSearched(message.state)) this.#add(message, ids.length);
    }
    if (ids.length > 0) yield this.#row(ids);
  }

  #row(messageIds: readonly number[]): WordRow {
    return { messageIds, isWhole: this.#vector.isWhole, words: this.#vector.toBinary() };
  }

  #add(message: IndexedMessage, place: number): void {
    const vector = this.#vector;
    vector.limit = vector.bytes + MESSAGE_BYTES;
    const text = wordText(message);
    // Nearly all texts are plain ASCII, which is split many times faster.
    if (isAscii(text)) vector.addWords(text, place);
    else
      for (const { folded } of tokenize(text))
        if (!needsSubstring(folded)) vector.add(toLexeme(folded), place);
    const parts = partText(message);
    if (isAscii(parts)) return;
    const kind = (message.state & MESSAGE_STATE.inParts) === 0 ? PAIR.other : PAIR.indexed;
    for (const pair of pairsOf(parts)) vector.add(kind + pair, place);
  }
}
