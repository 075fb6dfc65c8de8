import type { Piscina } from 'piscina';
import { DomainError } from '../../../domain/errors.js';
import { ThreadPool, ThreadsEndedError, type ThreadPoolOptions } from '../../../threads/thread-pool.js';
import { ReaderGate, type SharedGate } from '../file/reader-gate.js';
import type { ThreadOutcome, ThreadSource } from './thread-file.js';

/** Options for the threads of a file; one thread is kept, with the file open. */
export type FileThreadOptions = Omit<ThreadPoolOptions, 'least'>;

/** A file that is opened again when another one takes its place. */
export interface ThreadedFile {
  readonly source: ThreadSource;
  /** Registers what has the file open, so that it is closed before that. */
  closeWith(close: () => Promise<void>): void;
}

/** Threads that read one file, each on its own connection. They end before the file is opened again; the next task starts new ones. */
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
   * Runs a task, and passes the file to it.
   * @param signal terminates the thread that runs the task, whatever it is doing.
   * @throws {SqliteFailure} what SQLite refused there
   * @throws {DomainError} `search_timeout`; `store_unavailable` if the threads were ended meanwhile, or cannot be started
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

  /** Ends the threads, and closes what they have open. */
  end(): Promise<void> {
    return this.#pool.end();
  }
}

/** Releases the gate for threads that are terminated during a read: the others would wait for them forever. */
function letGoOfEndedThreads(pool: Piscina<object>, gate: SharedGate): void {
  const known = new WeakSet<object>();
  pool.on('workerCreate', () => {
    for (const thread of pool.threads) {
      if (known.has(thread)) continue;
      known.add(thread);
      // A thread has no id after its exit.
      const slot = ReaderGate.slotOfThread(thread.threadId);
      thread.once('exit', () => {
        ReaderGate.letGo(gate, slot);
      });
    }
  });
}

/** The result of a thread's work. */
function valueOf<T>(outcome: ThreadOutcome<T>): T {
  if (outcome.kind === 'done') return outcome.value;
  if (outcome.kind === 'timeout') throw new DomainError('search_timeout');
  if (outcome.kind === 'forgotten') throw new DomainError('store_unavailable');
  throw Object.assign(new Error(outcome.message), { code: outcome.code });
}
