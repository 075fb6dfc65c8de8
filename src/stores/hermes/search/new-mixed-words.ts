import { isMixed } from '../../../sessions/search/search-text.js';
import type { Row, SqliteReader } from '../file/sqlite-reader.js';
import { countOf, textOf } from '../file/values.js';
import { toBytes, type MixedWordList } from './mixed-words.js';

/** Messages that are read in one go. */
const MESSAGES_AT_ONCE = 500;

/** What unicode61 takes for a word. */
const INDEXED_WORD = /[\p{L}\p{N}\p{Co}][\p{L}\p{N}\p{Co}\u0300-\u036f]*/gu;

/** The mixed words of the messages that came after a list of them was read. */
export class NewMixedWords {
  #throughId = 0;
  #newestId = 0;
  #messages = 0;
  #words = new Set<string>();
  #bytes = toBytes([]);

  constructor(private readonly reader: SqliteReader) {}

  /** How many messages were read since the list. */
  get messages(): number {
    return this.#messages;
  }

  /** Those of all messages that are newer than a list, as {@link toBytes} makes them. */
  since({ throughId }: MixedWordList): Uint8Array {
    if (throughId !== this.#throughId) {
      this.#throughId = this.#newestId = throughId;
      this.#messages = 0;
      this.#words = new Set();
    }
    while (this.#readSome() === MESSAGES_AT_ONCE);
    return this.#bytes;
  }

  /** @returns how many messages were read. */
  #readSome(): number {
    const rows = this.reader.all(
      `SELECT id, content, tool_name, tool_calls FROM messages WHERE id > ? ORDER BY id LIMIT ${MESSAGES_AT_ONCE}`,
      this.#newestId,
    );
    const known = this.#words.size;
    for (const row of rows) this.#add(row);
    if (this.#words.size !== known || known === 0) this.#bytes = toBytes(this.#words);
    return rows.length;
  }

  #add({ id, ...texts }: Row): void {
    this.#newestId = countOf(id);
    this.#messages++;
    for (const text of Object.values(texts)) {
      for (const [word] of (textOf(text) ?? '').matchAll(INDEXED_WORD))
        if (isMixed(word)) this.#words.add(asIndexed(word));
    }
  }
}

/** A word in lower case and without the diacritics that unicode61 takes away, which are those of Latin letters. */
function asIndexed(word: string): string {
  return word
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .toLowerCase();
}
