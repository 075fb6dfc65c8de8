import { Piscina } from 'piscina';
import { errorCode } from '../config/error-code.js';

/**
 * With what threads of a pool are started. Piscina would load their program by `require` first; where a thread is ended while Node loads a
 * module in that way, Node ends the whole process ("v8::Module::IsGraphAsync must be used on an instantiated module", seen with 20.20).
 */
const THREAD_ARGUMENTS: readonly string[] =
  'require_module' in process.features && process.features.require_module
    ? ['--no-experimental-require-module']
    : [];

/** What the threads of a pool are like. */
export interface ThreadPoolOptions {
  /** The address of their program. */
  readonly program: string;
  /** Threads that are there even when nothing is to be done, once there was a task. */
  readonly least: number;
  readonly most: number;
  /** Milliseconds after which a thread above the least ends that has nothing to do. */
  readonly idle: number;
  /** For objects that live for a moment: a small space is emptied more often, which costs no time to speak of where all of them do. */
  readonly youngMegabytes?: number;
}

/** Says that the threads ended, or could not be begun, before the task was done. */
export class ThreadsEndedError extends Error {
  override readonly name = 'ThreadsEndedError';
}

/**
 * Threads of one program, begun with the first task. Where one cannot be begun, since no file or no memory is left for it, all of them end
 * and the next task begins with new ones: Piscina leaves tasks lying that wait for such a thread, and the event with which it tells of it
 * ends a process in which nobody listens.
 */
export class ThreadPool<Task, Answer> {
  #pool: Piscina<Task, Answer> | undefined;

  /** @param whenBegun hears of each pool before it has a task. */
  constructor(
    private readonly options: ThreadPoolOptions,
    private readonly whenBegun: (pool: Piscina<Task, Answer>) => void = () => undefined,
  ) {}

  /**
   * Runs a task.
   * @param signal ends the thread that is at the task, whatever it is at.
   * @throws {ThreadsEndedError}
   * @throws what the program threw
   */
  async run(task: Task, signal?: AbortSignal): Promise<Answer> {
    let pool = this.#pool;
    try {
      // Where the system makes no thread, it is thrown here.
      pool = this.#pool ??= this.#begin();
      return await pool.run(task, { signal });
    } catch (error) {
      if (isOfThread(error)) this.#letGo(pool);
      const hasEnded = pool === undefined || this.#pool !== pool;
      throw hasEnded ? new ThreadsEndedError('The threads have ended.', { cause: error }) : error;
    }
  }

  /** Ends the threads, with what they have open. */
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
 * Whether a thread could not be begun or load its program: one that fails at its task says nothing of the others
 * (https://nodejs.org/api/errors.html#nodejs-error-codes).
 */
function isOfThread(error: unknown): boolean {
  return OF_THREAD.test(errorCode(error) ?? '');
}

const OF_THREAD = /^(ERR_WORKER_INIT_FAILED|ERR_DLOPEN_FAILED|EMFILE|ENFILE|ENOMEM|EAGAIN)$/;
