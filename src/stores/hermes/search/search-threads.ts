import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { threadFile } from '../../../config/program-files.js';
import { DomainError } from '../../../domain/errors.js';
import type { SearchEnd, StoreObserver } from '../../../sessions/store-observer.js';
import type { HermesConnection } from '../file/hermes-connection.js';
import type { SharedGate } from '../file/reader-gate.js';
import { toStoreError } from '../file/sqlite-failure.js';
import { letGoOfEndedThreads } from '../threads/ended-threads.js';
import { valueOf } from '../threads/thread-outcome.js';
import { THREAD_MEMORY } from '../threads/thread-memory.js';
import type { SearchAnswers, SearchOutcome, SearchTask } from './search-worker.js';

/** Searches that may wait for a thread; more are refused at once. */
const MAX_QUEUE = 64;

/** A thread that does not look at the clock in time is ended, so many milliseconds after its limit. */
const GRACE = 1000;

/** The threads that search, so that a slow search keeps nobody else waiting. */
export class SearchThreads {
  #pool: Piscina | undefined;

  /** @param timeLimit how long a search may take, in milliseconds. */
  constructor(
    private readonly connection: HermesConnection,
    readonly timeLimit: number,
    private readonly observer: StoreObserver,
  ) {
    connection.closeWith(() => this.#end());
  }

  /** Searches that wait for a thread. */
  get waiting(): number {
    return this.#pool?.queueSize ?? 0;
  }

  /**
   * Runs a task of the search threads that somebody waits for.
   * @throws {DomainError} `search_timeout`, `search_busy`, or what SQLite refused.
   */
  async run<K extends SearchTask['kind']>(task: TaskOf<K>): Promise<SearchAnswers[K]> {
    return answerOf(await this.#observed(() => this.#submit<SearchAnswers[K]>(task)));
  }

  /** Runs one that nobody asked for, which is no search. @throws as {@link run} does */
  async prepare<K extends SearchTask['kind']>(task: TaskOf<K>): Promise<SearchAnswers[K]> {
    return answerOf(await this.#submit<SearchAnswers[K]>(task));
  }

  async #observed<T>(search: () => Promise<SearchOutcome<T>>): Promise<SearchOutcome<T>> {
    const begun = performance.now();
    let end: SearchEnd = 'failed';
    try {
      const outcome = await search();
      end = outcome.kind === 'refused' ? 'failed' : outcome.kind;
      return outcome;
    } finally {
      this.observer.searched(end, (performance.now() - begun) / 1000);
    }
  }

  /** The next search begins with new threads, which have nothing open. */
  async #end(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.destroy();
  }

  async #submit<T>(task: SearchTask): Promise<SearchOutcome<T>> {
    this.#pool ??= createPool(this.connection.gate);
    const pool = this.#pool;
    if (pool.queueSize >= MAX_QUEUE) throw new DomainError('search_busy');
    const abort = new AbortController();
    const timer = setTimeout(() => {
      abort.abort();
    }, this.timeLimit + GRACE);
    try {
      return (await pool.run(task, { signal: abort.signal })) as SearchOutcome<T>;
    } catch (error) {
      if (abort.signal.aborted) return { kind: 'timeout' };
      if (this.#pool !== pool) throw new DomainError('store_unavailable', { cause: error });
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}

type TaskOf<K extends SearchTask['kind']> = Extract<SearchTask, { readonly kind: K }>;

/** @throws {DomainError} `search_timeout`, or what SQLite refused. */
function answerOf<T>(outcome: SearchOutcome<T>): T {
  if (outcome.kind === 'timeout') throw new DomainError('search_timeout');
  try {
    return valueOf(outcome);
  } catch (error) {
    throw toStoreError(error);
  }
}

function createPool(gate: SharedGate): Piscina {
  const pool = new Piscina({
    filename: threadFile('stores/hermes/search/search-worker.js'),
    minThreads: 1,
    // One core is left to the thread that answers.
    maxThreads: Math.max(1, availableParallelism() - 1),
    idleTimeout: 60_000,
    resourceLimits: THREAD_MEMORY,
  });
  letGoOfEndedThreads(pool, gate);
  return pool;
}
