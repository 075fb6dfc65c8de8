import type { HistoryMoment } from '../file/layout.js';
import { countOf } from '../file/values.js';
import { readHiddenMessages, toHiddenMessages, type HiddenMessages } from './hidden-messages.js';
import { isMixed } from '../../../sessions/search/search-text.js';
import { isDamagedIndex } from '../file/sqlite-failure.js';
import { isEscaped } from './escaped-words.js';
import { readIndexWords, type IndexWordSlice } from './index-words.js';
import { toMixedWords, type MixedWords } from './mixed-words.js';

/** What searches need to know beyond the full-text indexes of a history, in memory shared by threads. */
export interface IndexSupplement {
  readonly mixedWords: MixedWords;
  readonly hiddenMessages: HiddenMessages;
  /** The newest message before reading began: what later ones add may be missing. */
  readonly throughId: number;
  /** Whether it has all mixed words; some are omitted if they would take too much memory, or the index is damaged. */
  readonly isWhole: boolean;
}

/** Where to continue reading. */
export type SupplementPlace =
  | { readonly part: 'hiddenMessages'; readonly afterId: number }
  | { readonly part: 'mixedWords'; readonly after: string };

/** What was read in one batch. */
export interface SupplementSlice {
  readonly hiddenIds: readonly number[];
  readonly words: readonly string[];
  /** The newest message of the file. */
  readonly newestId: number;
  /** Whether the index could be read, which fails if it is damaged. */
  readonly isReadable: boolean;
  /** Where to continue; null at the end. */
  readonly next: SupplementPlace | null;
}

const SUPPLEMENT_BEGIN: SupplementPlace = { part: 'hiddenMessages', afterId: 0 };

/** Whether a word of an index belongs in the supplement: it contains several words, or stands for another one in structured content. */
export function isTold(word: string): boolean {
  return isMixed(word) || isEscaped(word);
}

/** Reads a batch, which takes some tens of milliseconds. */
export function readSupplement(history: HistoryMoment, place: SupplementPlace): SupplementSlice {
  const newestId = countOf(history.reader.value('SELECT max(id) FROM messages'));
  if (place.part === 'hiddenMessages') {
    const { ids, next } = readHiddenMessages(history, place.afterId);
    return {
      hiddenIds: ids,
      words: [],
      newestId,
      isReadable: true,
      next: next === null ? { part: 'mixedWords', after: '' } : { part: 'hiddenMessages', afterId: next },
    };
  }
  const { words, next, isReadable } = readMixedWords(history, place.after);
  return {
    hiddenIds: [],
    words,
    newestId,
    isReadable,
    next: next === null ? null : { part: 'mixedWords', after: next },
  };
}

/** The mixed words of the index; none if there is no index. */
function readMixedWords(
  { reader, layout }: HistoryMoment,
  after: string,
): IndexWordSlice & { readonly isReadable: boolean } {
  const none = { words: [], next: null };
  if (!layout.tables.has('messages_fts')) return { ...none, isReadable: true };
  try {
    return { ...readIndexWords(reader, 'messages_fts', after, isTold), isReadable: true };
  } catch (error) {
    if (!isDamagedIndex(error)) throw error;
    return { ...none, isReadable: false };
  }
}

/** Most UTF-16 units of words to keep. */
const MOST_TEXT = 64 * 1024 * 1024;

/** Combines batches into a supplement. */
export class SupplementSlices {
  readonly #words: string[] = [];
  readonly #hiddenIds: number[] = [];
  #text = 0;
  #isReadable = true;
  #throughId: number | undefined;
  #next: SupplementPlace | null = SUPPLEMENT_BEGIN;

  /** What to read next; null if everything that is kept has been read. */
  get next(): SupplementPlace | null {
    return this.#text > MOST_TEXT ? null : this.#next;
  }

  add({ hiddenIds, words, newestId, isReadable, next }: SupplementSlice): void {
    this.#isReadable &&= isReadable;
    this.#throughId ??= newestId;
    for (const id of hiddenIds) this.#hiddenIds.push(id);
    for (const word of words) {
      this.#words.push(word);
      this.#text += word.length;
    }
    this.#next = next;
  }

  toSupplement(): IndexSupplement {
    return {
      mixedWords: toMixedWords(this.#words),
      hiddenMessages: toHiddenMessages(this.#hiddenIds),
      throughId: this.#throughId ?? 0,
      isWhole: this.#isReadable && this.#next === null,
    };
  }
}
