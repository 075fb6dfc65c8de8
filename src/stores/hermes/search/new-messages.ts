import type { HistoryMoment } from '../file/layout.js';
import { countOf, textOf } from '../file/values.js';
import { isDisplayedSql } from '../transcript/transcript-sql.js';
import { isTold, type IndexSupplement } from './index-supplement.js';
import { readSearchedTexts, SEARCHED_BYTES } from './searched-texts.js';
import { SplitTexts } from './split-texts.js';
import { toMixedWords, type MixedWords } from './mixed-words.js';

/** Messages read per batch. */
const MESSAGES_AT_ONCE = 500;

/** What messages add that are newer than the supplement; each is read once. */
export class NewMessages {
  #supplement: IndexSupplement | undefined;
  #newestId = 0;
  #count = 0;
  readonly #split = new SplitTexts();
  #words = new Set<string>();
  #mixedWords = toMixedWords([]);
  #hidden = new Set<number>();

  constructor(private readonly history: HistoryMoment) {}

  /** How many messages were read. */
  get count(): number {
    return this.#count;
  }

  /**
   * Mixed words of these messages, and of the supplement. The lists stay the same objects until words are added, though each task passes the
   * supplement again.
   */
  get mixedWords(): readonly MixedWords[] {
    return this.#supplement === undefined ? [] : [this.#supplement.mixedWords, this.#mixedWords];
  }

  /** All hidden messages: among these, and those in the supplement. */
  get hidden(): ReadonlySet<number> {
    return this.#hidden;
  }

  /** Reads messages newer than a supplement that were not read yet. */
  readSince(supplement: IndexSupplement): void {
    if (this.#supplement?.throughId !== supplement.throughId) this.#begin(supplement);
    while (this.#readSome() === MESSAGES_AT_ONCE);
  }

  #begin(supplement: IndexSupplement): void {
    this.#supplement = supplement;
    this.#newestId = supplement.throughId;
    this.#count = 0;
    this.#words = new Set();
    this.#mixedWords = toMixedWords([]);
    this.#hidden = new Set(supplement.hiddenMessages);
  }

  /** @returns how many messages were read. */
  #readSome(): number {
    const messages = this.history.reader.all(
      `SELECT m.id, ${isDisplayedSql(this.history.layout)} AS displayed, ${SEARCHED_BYTES} AS bytes
        FROM messages m WHERE m.id > ? ORDER BY m.id LIMIT ${MESSAGES_AT_ONCE}`,
      this.#newestId,
    );
    const known = this.#words.size;
    // Comes first: messages are read again if it fails.
    readSearchedTexts(this.history.reader, messages, (_message, texts) => {
      this.#split.add(texts.map((text) => textOf(text) ?? '').join(' '));
    });
    for (const word of this.#split.take()) if (isTold(word)) this.#words.add(word);
    for (const { id, displayed } of messages) {
      this.#newestId = countOf(id);
      this.#count++;
      if (displayed === 0) this.#hidden.add(this.#newestId);
    }
    if (this.#words.size !== known) this.#mixedWords = toMixedWords(this.#words);
    return messages.length;
  }
}
