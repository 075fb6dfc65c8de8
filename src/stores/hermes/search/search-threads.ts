import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { threadFile } from '../../../config/program-files.js';
import { DomainError } from '../../../domain/errors.js';
import { SearchTurns } from '../../../sessions/search/search-turns.js';
import type { SessionPageRequest } from '../../../sessions/session-query.js';
import type { StoreObserver } from '../../../sessions/store-observer.js';
import { inSpan } from '../../../tracing/span.js';
import type { HermesConnection } from '../file/hermes-connection.js';
import type { SharedGate } from '../file/reader-gate.js';
import { toStoreError } from '../file/sqlite-failure.js';
import { letGoOfEndedThreads } from '../threads/ended-threads.js';
import { valueOf } from '../threads/thread-outcome.js';
import { THREAD_MEMORY } from '../threads/thread-memory.js';
import type { SearchAnswers, SearchOutcome, SearchTask } from './search-worker.js';

/** One core is left to the thread that answers. */
const THREADS = Math.max(1, availableParallelism() - 1);

/** Searches of one caller that may wait for a thread; more are refused at once. */
const MOST_WAITING = 16;

/** A thread that does not look at the clock in time is ended, so many milliseconds after its limit. */
const GRACE = 1000;

/** The threads that search, so that a slow search keeps nobody else waiting. */
export class SearchThreads {
  #pool: Piscina | undefined;
  readonly #turns: SearchTurns;

  /** @param timeLimit how long a search may take, in milliseconds. */
  constructor(
    private readonly connection: HermesConnection,
    readonly timeLimit: number,
    observer: StoreObserver,
  ) {
    this.#turns = new SearchTurns({ atOnce: THREADS, waiting: MOST_WAITING }, observer);
    connection.closeWith(() => this.#end());
  }

  /** Searches that wait for a thread. */
  get waiting(): number {
    return this.#turns.waiting;
  }

  /**
   * Runs a task of the search threads that somebody waits for, when it is the turn of who asks.
   * @throws {DomainError} `search_timeout`, `search_busy`, or what SQLite refused; the reason of the signal of who asks.
   */
  async run<K extends SearchTask['kind']>(
    task: TaskOf<K>,
    { caller = '', signal }: Asking = {},
  ): Promise<SearchAnswers[K]> {
    const search = async (): Promise<SearchAnswers[K]> =>
      answerOf(await this.#submit<SearchAnswers[K]>(task, signal));
    // With the wait for a turn.
    return inSpan(`search ${task.kind}`, {}, () => this.#turns.take(caller, search, signal));
  }

  /** Runs one that nobody asked for, which is no search. @throws as {@link run} does */
  async prepare<K extends SearchTask['kind']>(task: TaskOf<K>): Promise<SearchAnswers[K]> {
    return answerOf(await this.#submit<SearchAnswers[K]>(task));
  }

  /** The next search begins with new threads, which have nothing open. */
  async #end(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.destroy();
  }

  /** A thread whose search nobody waits for is ended, whatever it is at. */
  async #submit<T>(task: SearchTask, left?: AbortSignal): Promise<SearchOutcome<T>> {
    this.#pool ??= createPool(this.connection.gate);
    const pool = this.#pool;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      abort.abort();
    }, this.timeLimit + GRACE);
    try {
      const signal = left === undefined ? abort.signal : AbortSignal.any([abort.signal, left]);
      return (await pool.run(task, { signal })) as SearchOutcome<T>;
    } catch (error) {
      left?.throwIfAborted();
      if (abort.signal.aborted) return { kind: 'timeout' };
      if (this.#pool !== pool) throw new DomainError('store_unavailable', { cause: error });
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Who asks, and until when. */
export type Asking = Pick<SessionPageRequest, 'caller' | 'signal'>;

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
    maxThreads: THREADS,
    idleTimeout: 60_000,
    resourceLimits: THREAD_MEMORY,
  });
  letGoOfEndedThreads(pool, gate);
  return pool;
}
