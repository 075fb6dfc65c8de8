import { LRUCache } from 'lru-cache';

/** The bytes of an answer, and the store revision for which they are valid. */
export interface KeptAnswer {
  readonly revision: string;
  readonly tag: string;
  readonly body: Buffer;
}

/** Approximate size of a cache entry besides its body, in bytes. */
const ENTRY_OVERHEAD = 300;

/** Caches answers that are valid while the store is unchanged. The least recently used ones are evicted first. */
export class AnswerCache {
  readonly #answers: LRUCache<string, KeptAnswer> | undefined;

  /** @param capacity total size in bytes; 0 caches nothing. */
  constructor(capacity: number) {
    if (capacity === 0) return;
    this.#answers = new LRUCache({
      maxSize: capacity,
      maxEntrySize: Math.ceil(capacity / 8),
      sizeCalculation: (answer, key) => answer.body.byteLength + 2 * key.length + ENTRY_OVERHEAD,
    });
  }

  /** Whether any answer can be kept. */
  get isUsed(): boolean {
    return this.#answers !== undefined;
  }

  /** The answer cached under a key, if it is valid for this revision. */
  get(key: string, revision: string): KeptAnswer | undefined {
    const answer = this.#answers?.get(key);
    return answer?.revision === revision ? answer : undefined;
  }

  keep(key: string, answer: KeptAnswer): void {
    this.#answers?.set(key, answer);
  }
}
