import type { Piscina } from 'piscina';
import { DomainError } from '../../../domain/errors.js';
import { ThreadPool, ThreadsEndedError, type ThreadPoolOptions } from '../../../threads/thread-pool.js';
import { ReaderGate, type SharedGate } from '../file/reader-gate.js';
import type { ThreadOutcome, ThreadSource } from './thread-file.js';

/** What the threads of a file are like; one is kept, with the file open. */
export type FileThreadOptions = Omit<ThreadPoolOptions, 'least'>;

/** A file that is opened anew where another one takes its place. */
export interface ThreadedFile {
  readonly source: ThreadSource;
  /** Names what has the file open, so that it is closed before. */
  closeWith(close: () => Promise<void>): void;
}

/** Threads that read one file, each on a connection of its own. They end before the file is opened anew: the next task begins with new ones. */
export class FileThreads {
  readonly #pool: ThreadPool<object, ThreadOutcome<unknown>>;

  constructor(
    private readonly file: ThreadedFile,
    options: FileThreadOptions,
  ) {
    this.#pool = new ThreadPool({ youngMegabytes: 4, ...options, least: 1 }, (pool) => {
      letGoOfEndedThreads(pool, file.source.gate);
    });
    file.closeWith(() => this.end());
  }

  /**
   * Runs a task, to which it is told what file it is of.
   * @param signal ends the thread that is at the task, whatever it is at.
   * @throws {SqliteFailure} what SQLite refused there
   * @throws {DomainError} `search_timeout`; `store_unavailable` where the threads were ended meanwhile, or cannot be begun
   */
  async run<T>(task: object, signal?: AbortSignal): Promise<T> {
    try {
      return valueOf(await this.#pool.run({ ...this.file.source, ...task }, signal)) as T;
    } catch (error) {
      throw error instanceof ThreadsEndedError
        ? new DomainError('store_unavailable', { cause: error })
        : error;
    }
  }

  /** Ends the threads, with what they have open. */
  end(): Promise<void> {
    return this.#pool.end();
  }
}

/** Lets go for threads that end in the middle of a read, as one does that is stopped: the others would wait for it for ever. */
function letGoOfEndedThreads(pool: Piscina<object>, gate: SharedGate): void {
  const known = new WeakSet<object>();
  pool.on('workerCreate', () => {
    for (const thread of pool.threads) {
      if (known.has(thread)) continue;
      known.add(thread);
      // Once it has ended it has no number any more.
      const slot = ReaderGate.slotOfThread(thread.threadId);
      thread.once('exit', () => {
        ReaderGate.letGo(gate, slot);
      });
    }
  });
}

/** What a thread's work gave. */
function valueOf<T>(outcome: ThreadOutcome<T>): T {
  if (outcome.kind === 'done') return outcome.value;
  if (outcome.kind === 'timeout') throw new DomainError('search_timeout');
  if (outcome.kind === 'forgotten') throw new DomainError('store_unavailable');
  throw Object.assign(new Error(outcome.message), { code: outcome.code });
}
