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

/** One core is left to the thread that answers. */
const THREADS = Math.max(1, availableParallelism() - 1);

/** Searches of one caller that may wait for a thread; more are refused at once. */
const MOST_WAITING = 16;

/** A thread that does not look at the clock in time is ended, so many milliseconds after its limit. */
const GRACE = 1000;

/** The threads that search, so that a slow search keeps nobody else waiting. */
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
      ...{ most: THREADS, idle: 60_000 },
    });
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
    const search = (): Promise<SearchAnswers[K]> => this.prepare<K>(task, signal);
    // With the wait for a turn.
    return inSpan(`search ${task.kind}`, {}, () => this.#turns.take(caller, search, signal));
  }

  /**
   * Runs one that nobody asked for, which is no search and waits for no turn.
   * @param left ends the thread where nobody waits for it any more, whatever it is at.
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

/** Who asks, and until when. */
export type Asking = Pick<SessionPageRequest, 'caller' | 'signal'>;

type TaskOf<K extends SearchTask['kind']> = Extract<SearchTask, { readonly kind: K }>;
