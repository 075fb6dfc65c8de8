import { setTimeout as wait } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { RepeatedWarning } from '../../../logging/repeated-warning.js';
import type { HermesConnection } from '../file/hermes-connection.js';
import { toBytes, type MixedWordList, type MixedWordSlice } from './mixed-words.js';
import type { SearchThreads } from './search-threads.js';

/** UTF-16 units of words that are kept at most. */
const LARGEST_LIST = 64 * 1024 * 1024;

/** After so many new messages the list is read again; until then each thread reads these by itself. */
const MOST_NEW_MESSAGES = 20_000;

/** The list of mixed words of a history, which the search threads read once, in slices between searches, and share from then on. */
export class SharedMixedWords {
  readonly #warning = new RepeatedWarning(new Logger(SharedMixedWords.name));
  #list: MixedWordList | undefined;
  #reading: Promise<void> | undefined;
  /** Counts the openings of the file: a list is of one of them. */
  #opening = 0;

  constructor(
    private readonly threads: SearchThreads,
    private readonly connection: HermesConnection,
  ) {
    connection.closeWith(() => {
      this.#opening++;
      this.#list = this.#reading = undefined;
      return Promise.resolve();
    });
  }

  /** The list, or undefined where it cannot be read within the time of a search: then searches may miss some hits. */
  async current(): Promise<MixedWordList | undefined> {
    if (this.#list !== undefined) return this.#list;
    const patience = new AbortController();
    const end = wait(this.threads.timeLimit, undefined, { signal: patience.signal });
    await Promise.race([this.#read(), end]);
    patience.abort();
    return this.#list;
  }

  /** Takes notice of how many messages are newer than the list. */
  follow(newMessages: number): void {
    if (newMessages > MOST_NEW_MESSAGES) void this.#read();
  }

  #read(): Promise<void> {
    const opening = this.#opening;
    this.#reading ??= this.#readAll(opening).finally(() => {
      if (opening === this.#opening) this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readAll(opening: number): Promise<void> {
    try {
      const list = await this.#readList();
      if (opening === this.#opening) this.#list = list;
    } catch (error) {
      // Threads end with the file that they read.
      if (opening !== this.#opening) return;
      this.#warning.warn(`Words within words of other scripts cannot be searched for: ${String(error)}`);
    }
  }

  async #readList(): Promise<MixedWordList> {
    const words: string[] = [];
    let size = 0;
    let throughId: number | undefined;
    let after: string | null = '';
    while (after !== null && size < LARGEST_LIST) {
      const slice: MixedWordSlice | undefined = await this.threads.prepare<'mixedWords'>({
        kind: 'mixedWords',
        gate: this.connection.gate,
        path: this.connection.location.stateDb,
        after,
      });
      throughId ??= slice?.newestId ?? 0;
      for (const word of slice?.words ?? []) {
        words.push(word);
        size += word.length;
      }
      after = slice?.next ?? null;
    }
    return { bytes: toBytes(words), throughId: throughId ?? 0, isWhole: after === null };
  }
}
