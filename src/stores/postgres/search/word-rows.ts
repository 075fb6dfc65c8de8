import { isAscii, needsSubstring, tokenize } from '../../../sessions/search/search-text.js';
import { isSearched, MESSAGE_STATE } from '../../../sessions/transcript/message-state.js';
import { PAIR, pairsOf, toLexeme } from './lexemes.js';
import { partText, wordText, type SearchedMessage } from './searchable-text.js';
import { WordVector } from './word-vector.js';

/** Messages of one row at most: PostgreSQL keeps up to 256 positions of a word. */
export const ROW_MESSAGES = 64;

/** Bytes of words and positions after which a new row begins, and which one message may have at most: a tsvector takes a megabyte. */
const ROW_BYTES = 200_000;
const MESSAGE_BYTES = 800_000;

/** The words of some messages of a session. */
export interface WordRow {
  readonly messageIds: readonly number[];
  /** Whether it has all of their words. */
  readonly isWhole: boolean;
  /** A tsvector in PostgreSQL's binary form, which stays as it is until the next row is made. */
  readonly words: Uint8Array;
}

/** A message whose words are kept. */
export interface IndexedMessage extends SearchedMessage {
  readonly id: number;
}

/** Makes the rows of words of messages. */
export class WordRows {
  /** Seven megabytes, for whoever has messages: most hosts of a fleet have none that are new. */
  #made: WordVector | undefined;

  get #vector(): WordVector {
    return (this.#made ??= new WordVector());
  }

  /** The words of messages of a session, in as many rows as they need; messages that no transcript shows have none. */
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
    // Nearly all texts are plain ASCII, of which the words are found many times faster.
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
