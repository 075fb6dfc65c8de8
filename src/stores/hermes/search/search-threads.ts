import { availableParallelism } from 'node:os';
import { threadFile } from '../../../config/program-files.js';
import { DomainError } from '../../../domain/errors.js';
import { SearchTurns } from '../../../sessions/search/search-turns.js';
import type { SessionPageRequest } from '../../../sessions/session-query.js';
import type { StoreObserver } from '../../../sessions/store-observer.js';
import { inSpan } from '../../../tracing/span.js';
import { toStoreError } from '../file/sqlite-failure.js';
import { FileThreads, type ThreadedFile } from '../threads/file-threads.js';
import type { SearchAnswers, SearchTask } from './search-worker.js';

/** Leaves one core to the thread that answers requests. */
const THREADS = Math.max(1, availableParallelism() - 1);

/** Most searches of one caller that may wait for a thread; more are refused at once. */
const MOST_WAITING = 16;

/** How long after its time limit a thread is terminated if it did not stop by itself, in milliseconds. */
const GRACE = 1000;

/** The threads that search, so that a slow search delays nobody else. */
export class SearchThreads {
  readonly #threads: FileThreads;
  readonly #turns: SearchTurns;

  /** @param timeLimit how long a search may take, in milliseconds. */
  constructor(
    private readonly file: ThreadedFile & { readonly profile: string },
    readonly timeLimit: number,
    observer: StoreObserver,
  ) {
    this.#turns = new SearchTurns({ atOnce: THREADS, waiting: MOST_WAITING }, observer);
    this.#threads = new FileThreads(file, {
      program: threadFile('stores/hermes/search/search-worker.js'),
      most: THREADS,
      idle: 60_000,
    });
  }

  /** Number of searches that wait for a thread. */
  get waiting(): number {
    return this.#turns.waiting;
  }

  /**
   * Runs a task for a caller who waits for it, when it is the caller's turn.
   * @throws {DomainError} `search_timeout`, `search_busy`, or what SQLite refused; the abort reason of the caller's signal.
   */
  async run<K extends SearchTask['kind']>(
    task: TaskOf<K>,
    { caller = '', signal }: Asking = {},
  ): Promise<SearchAnswers[K]> {
    const search = (): Promise<SearchAnswers[K]> => this.prepare<K>(task, signal);
    // Includes the wait for a turn.
    return inSpan(`search ${task.kind}`, {}, () => this.#turns.take(caller, search, signal));
  }

  /**
   * Runs a task without waiting for a turn: one that nobody asked for, and that is not a search.
   * @param left terminates the thread once nobody waits for it any more, whatever it is doing.
   * @throws as {@link run} does
   */
  async prepare<K extends SearchTask['kind']>(
    task: TaskOf<K>,
    left?: AbortSignal,
  ): Promise<SearchAnswers[K]> {
    const { timeLimit } = this;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      abort.abort();
    }, timeLimit + GRACE);
    try {
      const signal = left === undefined ? abort.signal : AbortSignal.any([abort.signal, left]);
      return await this.#threads.run({ ...task, timeLimit }, signal);
    } catch (error) {
      left?.throwIfAborted();
      throw abort.signal.aborted ? new DomainError('search_timeout') : toStoreError(error, this.file.profile);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The caller, and a signal that ends the wait. */
export type Asking = Pick<SessionPageRequest, 'caller' | 'signal'>;

type TaskOf<K extends SearchTask['kind']> = Extract<SearchTask, { readonly kind: K }>;
