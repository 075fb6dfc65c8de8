import { fork } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { threadFile } from '../../../config/program-files.js';
import { DomainError } from '../../../domain/errors.js';
import type { RowChange } from './row-change.js';
import type { SqliteFailure } from './sqlite-failure.js';
import type { WritingAnswer, WritingOrder } from './writing-messages.js';

/** Codes of failures that are told apart, by their numbers (https://sqlite.org/rescode.html). */
const CODES: ReadonlyMap<number, string> = new Map([
  [5, 'SQLITE_BUSY'],
  [6, 'SQLITE_LOCKED'],
  [8, 'SQLITE_READONLY'],
  [10, 'SQLITE_IOERR'],
  [11, 'SQLITE_CORRUPT'],
  [13, 'SQLITE_FULL'],
  [14, 'SQLITE_CANTOPEN'],
  [18, 'SQLITE_TOOBIG'],
  [26, 'SQLITE_NOTADB'],
  [1811, 'SQLITE_CONSTRAINT_TRIGGER'],
]);

/** Where a {@link RemoteWriter} works. */
interface WritingPlace {
  tell(order: WritingOrder): void;
  onAnswer(listener: (answer: WritingAnswer) => void): void;
  /** Settles when it has ended, or could not be started. */
  readonly ended: Promise<undefined>;
  /** Ends it, and with it what was not committed. */
  end(): void;
  /** What a failure means that is none of SQLite. */
  unfit(message: string): Error;
}

/** A history that is changed in one `BEGIN IMMEDIATE` transaction by another thread, or another process. */
export class RemoteWriter {
  /** @param place a thread, for what takes long; or a process, for what the driver of this one cannot read. */
  constructor(private readonly place: WritingPlace) {}

  /**
   * Opens a file there and takes its lock; what was begun before, and is not committed, is taken back.
   * @param tokenizer Hermes's own, where triggers need it.
   * @returns which file it is.
   * @throws {SqliteFailure | DomainError} the latter, `message_too_large`, where the SQLite of a process will not do
   */
  async begin(
    path: string,
    tokenizer: string | undefined,
  ): Promise<{ readonly device: number; readonly inode: number }> {
    const answer = await this.#obeyed({ kind: 'begin', path, tokenizer });
    if (answer?.kind !== 'begun') throw this.place.unfit('It ended before it had the lock.');
    return answer;
  }

  /**
   * Makes changes and commits them.
   * @throws {SqliteFailure | DomainError} the first where nothing was changed; `store_unavailable` where nobody knows
   */
  async commit(changes: readonly RowChange[]): Promise<void> {
    if ((await this.#obeyed({ kind: 'commit', changes })) === undefined) throw endedByItself();
  }

  async end(): Promise<void> {
    this.place.end();
    await this.place.ended;
  }

  /** @returns the answer; undefined where it ended before. */
  async #obeyed(order: WritingOrder): Promise<WritingAnswer | undefined> {
    const answered = new Promise<WritingAnswer>((resolve) => {
      this.place.onAnswer(resolve);
    });
    this.place.tell(order);
    const answer = await Promise.race([answered, this.place.ended]);
    if (answer?.kind === 'failed') throw this.#failureOf(answer);
    return answer;
  }

  #failureOf({ message, code }: Extract<WritingAnswer, { kind: 'failed' }>): Error {
    if (code === undefined) return this.place.unfit(message);
    return Object.assign(new Error(message), { code: nameOf(code) }) satisfies SqliteFailure;
  }
}

/** A thread of this process: whatever it does, requests are answered meanwhile. */
export function writingThread(): WritingPlace {
  const thread = new Worker(new URL(threadFile('stores/hermes/file/writing-thread-worker.js')));
  return {
    tell: (order) => {
      thread.postMessage(order);
    },
    onAnswer: (listener) => thread.once('message', listener),
    ended: endOf((listener) => thread.once('error', listener).once('exit', listener)),
    end: () => void thread.terminate(),
    unfit: (message) => new Error(message),
  };
}

/**
 * A process with another SQLite. The driver of this one reads no value that would make a longer string than JavaScript has, not even in SQL;
 * Node's own SQLite reads what Hermes's does, but two copies of SQLite in one process drop each other's locks
 * (https://sqlite.org/howtocorrupt.html#_multiple_copies_of_sqlite_linked_into_the_same_application).
 * @param node a program of Node that has a SQLite of its own.
 */
export function writingProcess(node: string): WritingPlace {
  const child = fork(new URL(threadFile('stores/hermes/file/writing-process-worker.js')), {
    execPath: node,
    execArgv: ['--no-warnings'],
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
  });
  return {
    // Where it has ended, there is nobody to be told.
    tell: (order) => child.send(order, () => undefined),
    onAnswer: (listener) => child.once('message', listener),
    ended: endOf((listener) => child.once('close', listener).once('error', listener)),
    end: () => child.kill('SIGKILL'),
    unfit: (message) => new DomainError('message_too_large', { cause: new Error(message) }),
  };
}

function endOf(listen: (ended: () => void) => unknown): Promise<undefined> {
  return new Promise((ended) => {
    listen(() => {
      ended(undefined);
    });
  });
}

function endedByItself(): DomainError {
  return new DomainError('store_unavailable', {
    message: 'What changed the history ended before it had answered. Look whether the change is in it.',
  });
}

function nameOf(code: string | number): string {
  if (typeof code === 'string') return code;
  // The lowest byte is the kind of the failure, where nothing more exact is known.
  return CODES.get(code) ?? CODES.get(code & 0xff) ?? 'SQLITE_ERROR';
}
