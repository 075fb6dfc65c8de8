import { Piscina } from 'piscina';
import { THREAD_ARGUMENTS } from '../../../config/program-files.js';
import { DomainError } from '../../../domain/errors.js';
import { ReaderGate, type SharedGate } from '../file/reader-gate.js';
import type { ThreadOutcome, ThreadSource } from './thread-file.js';

/** What the threads of a file are like. */
export interface ThreadOptions {
  /** The address of their program. */
  readonly program: string;
  readonly most: number;
  /** Milliseconds after which a thread ends that has nothing to do. */
  readonly idle: number;
  /** For objects that live for a moment: a small space is emptied more often, which costs no time to speak of where all of them do. */
  readonly youngMegabytes?: number;
}

/** A file that is opened anew where another one takes its place. */
export interface ThreadedFile {
  readonly source: ThreadSource;
  /** Names what has the file open, so that it is closed before. */
  closeWith(close: () => Promise<void>): void;
}

/** Threads that read one file, each on a connection of its own. They end before the file is opened anew: the next task begins with new ones. */
export class FileThreads {
  #pool: Piscina | undefined;

  constructor(
    private readonly file: ThreadedFile,
    private readonly options: ThreadOptions,
  ) {
    file.closeWith(() => this.end());
  }

  /**
   * Runs a task, to which it is told what file it is of.
   * @param signal ends the thread that is at the task, whatever it is at.
   * @throws {SqliteFailure} what SQLite refused there
   * @throws {DomainError} `search_timeout`; `store_unavailable` where the threads were ended meanwhile
   */
  async run<T>(task: object, signal?: AbortSignal): Promise<T> {
    const pool = (this.#pool ??= this.#create());
    return valueOf(await this.#outcomeOf<T>(pool, task, signal));
  }

  /** Ends the threads, with what they have open. */
  async end(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.destroy();
  }

  async #outcomeOf<T>(pool: Piscina, task: object, signal?: AbortSignal): Promise<ThreadOutcome<T>> {
    try {
      return (await pool.run({ ...this.file.source, ...task }, { signal })) as ThreadOutcome<T>;
    } catch (error) {
      throw this.#pool === pool ? error : new DomainError('store_unavailable', { cause: error });
    }
  }

  #create(): Piscina {
    const { program, most, idle, youngMegabytes = 4 } = this.options;
    const pool = new Piscina({
      filename: program,
      execArgv: [...THREAD_ARGUMENTS],
      minThreads: 1,
      maxThreads: most,
      idleTimeout: idle,
      resourceLimits: { maxYoungGenerationSizeMb: youngMegabytes },
    });
    letGoOfEndedThreads(pool, this.file.source.gate);
    return pool;
  }
}

/** Lets go for threads that end in the middle of a read, as one does that is stopped: the others would wait for it for ever. */
function letGoOfEndedThreads(pool: Piscina, gate: SharedGate): void {
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
  throw Object.assign(new Error(outcome.message), { code: outcome.code });
}
