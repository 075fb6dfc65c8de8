import { LRUCache } from 'lru-cache';

/** The bytes of an answer, and the revision of the store that they are true for. */
export interface KeptAnswer {
  readonly revision: string;
  readonly tag: string;
  readonly body: Buffer;
}

/** What an entry needs besides its body, roughly, in bytes. */
const ENTRY_OVERHEAD = 300;

/** Answers that stay true while the store is unchanged; the ones not asked for longest go first. */
export class AnswerCache {
  readonly #answers: LRUCache<string, KeptAnswer> | undefined;

  /** @param capacity bytes in all; 0 keeps nothing. */
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

  /** The answer kept under a key, if it is true for this revision. */
  get(key: string, revision: string): KeptAnswer | undefined {
    const answer = this.#answers?.get(key);
    return answer?.revision === revision ? answer : undefined;
  }

  keep(key: string, answer: KeptAnswer): void {
    this.#answers?.set(key, answer);
  }
}
