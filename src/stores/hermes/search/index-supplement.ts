import type { Layout } from '../file/layout.js';
import type { SqliteReader } from '../file/sqlite-reader.js';
import { countOf } from '../file/values.js';
import { readHiddenMessages, toHiddenMessages, type HiddenMessages } from './hidden-messages.js';
import { isMixed } from '../../../sessions/search/search-text.js';
import { isDamagedIndex } from '../file/sqlite-failure.js';
import { isEscaped } from './escaped-words.js';
import { readIndexWords, type IndexWordSlice } from './index-words.js';
import { toMixedWords, type MixedWords } from './mixed-words.js';

/** What the full-text indexes of a history do not tell, as threads share it. */
export interface IndexSupplement {
  readonly mixedWords: MixedWords;
  readonly hiddenMessages: HiddenMessages;
  /** The newest message that there was before it was read: what later ones add may be missing. */
  readonly throughId: number;
  /** Whether all mixed words are there; some are left out where they would take too much memory, or the index is damaged. */
  readonly isWhole: boolean;
}

/** Where to go on with reading. */
export type SupplementPlace =
  | { readonly part: 'hiddenMessages'; readonly afterId: number }
  | { readonly part: 'mixedWords'; readonly after: string };

/** What was read in one go. */
export interface SupplementSlice {
  readonly hiddenIds: readonly number[];
  readonly words: readonly string[];
  /** The newest message of the file. */
  readonly newestId: number;
  /** Whether the index could be read; a damaged one cannot. */
  readonly isReadable: boolean;
  /** Where to go on; null at the end. */
  readonly next: SupplementPlace | null;
}

const SUPPLEMENT_BEGIN: SupplementPlace = { part: 'hiddenMessages', afterId: 0 };

/** Whether a word of an index is told: it has several words in it, or stands for another one in structured content. */
export function isTold(word: string): boolean {
  return isMixed(word) || isEscaped(word);
}

/** Reads a slice, which takes some tens of milliseconds. */
export function readSupplement(
  reader: SqliteReader,
  layout: Layout,
  place: SupplementPlace,
): SupplementSlice {
  const newestId = countOf(reader.value('SELECT max(id) FROM messages'));
  if (place.part === 'hiddenMessages') {
    const { ids, next } = readHiddenMessages(reader, layout, place.afterId);
    return {
      ...{ hiddenIds: ids, words: [], newestId, isReadable: true },
      next: next === null ? { part: 'mixedWords', after: '' } : { part: 'hiddenMessages', afterId: next },
    };
  }
  const { words, next, isReadable } = readMixedWords(reader, layout, place.after);
  return {
    ...{ hiddenIds: [], words, newestId, isReadable },
    next: next === null ? null : { part: 'mixedWords', after: next },
  };
}

/** The mixed words of the index; none of one that is missing. */
function readMixedWords(
  reader: SqliteReader,
  layout: Layout,
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

/** UTF-16 units of words that are kept at most. */
const MOST_TEXT = 64 * 1024 * 1024;

/** Makes a supplement of its slices. */
export class SupplementSlices {
  readonly #words: string[] = [];
  readonly #hiddenIds: number[] = [];
  #text = 0;
  #isReadable = true;
  #throughId: number | undefined;
  #next: SupplementPlace | null = SUPPLEMENT_BEGIN;

  /** What to read next; null where all is there that is kept. */
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
