import { Piscina } from 'piscina';
import { errorCode } from '../config/error-code.js';

/**
 * Arguments for the threads of a pool. By default Piscina would first load their program with `require`. If a thread is terminated while Node loads a
 * module in that way, Node ends the whole process ("v8::Module::IsGraphAsync must be used on an instantiated module", seen with 20.20).
 */
const THREAD_ARGUMENTS: readonly string[] =
  'require_module' in process.features && process.features.require_module
    ? ['--no-experimental-require-module']
    : [];

/** Options for the threads of a pool. */
export interface ThreadPoolOptions {
  /** The URL of their program. */
  readonly program: string;
  /** Threads to keep while idle, once there was a task. */
  readonly least: number;
  readonly most: number;
  /** Milliseconds after which an idle thread above `least` ends. */
  readonly idle: number;
  /** Size of the young generation of the heap. A small one is collected more often, which costs almost nothing if all objects are short-lived. */
  readonly youngMegabytes?: number;
}

/** The threads ended, or could not be started, before the task was done. */
export class ThreadsEndedError extends Error {
  override readonly name = 'ThreadsEndedError';
}

/**
 * Threads of one program, started with the first task. If a thread cannot be started, for lack of files or memory, all threads end and the next task
 * starts new ones: Piscina never runs tasks that wait for such a thread, and the event with which it reports the failure ends a process that does not
 * listen for it.
 */
export class ThreadPool<Task, Answer> {
  #pool: Piscina<Task, Answer> | undefined;

  /** @param whenBegun is called with each pool before its first task. */
  constructor(
    private readonly options: ThreadPoolOptions,
    private readonly whenBegun: (pool: Piscina<Task, Answer>) => void = () => undefined,
  ) {}

  /**
   * Runs a task.
   * @param signal terminates the thread that runs the task, whatever it is doing.
   * @throws {ThreadsEndedError}
   * @throws what the program threw
   */
  async run(task: Task, signal?: AbortSignal): Promise<Answer> {
    let pool = this.#pool;
    try {
      // Throws here if the system cannot create a thread.
      pool = this.#pool ??= this.#begin();
      return await pool.run(task, { signal });
    } catch (error) {
      if (isOfThread(error)) this.#letGo(pool);
      const hasEnded = pool === undefined || this.#pool !== pool;
      throw hasEnded ? new ThreadsEndedError('The threads have ended.', { cause: error }) : error;
    }
  }

  /** Ends the threads, and closes what they have open. */
  async end(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.destroy();
  }

  #begin(): Piscina<Task, Answer> {
    const { program, least, most, idle, youngMegabytes } = this.options;
    const pool = new Piscina<Task, Answer>({
      filename: program,
      execArgv: [...THREAD_ARGUMENTS],
      minThreads: least,
      maxThreads: most,
      idleTimeout: idle,
      ...(youngMegabytes !== undefined && { resourceLimits: { maxYoungGenerationSizeMb: youngMegabytes } }),
    });
    pool.on('error', () => {
      this.#letGo(pool);
    });
    this.whenBegun(pool);
    return pool;
  }

  #letGo(pool: Piscina<Task, Answer> | undefined): void {
    if (this.#pool === pool) this.#pool = undefined;
    void pool?.destroy();
  }
}

/**
 * Whether a thread could not be started, or could not load its program. A failed task, in contrast, says nothing about the other threads
 * (https://nodejs.org/api/errors.html#nodejs-error-codes).
 */
function isOfThread(error: unknown): boolean {
  return OF_THREAD.test(errorCode(error) ?? '');
}

const OF_THREAD = /^(ERR_WORKER_INIT_FAILED|ERR_DLOPEN_FAILED|EMFILE|ENFILE|ENOMEM|EAGAIN)$/;
