import { fork } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { threadFile } from '../../../config/program-files.js';
import { DomainError } from '../../../domain/errors.js';
import type { RowChange } from './row-change.js';
import type { SqliteFailure } from './sqlite-failure.js';
import type { WritingAnswer, WritingOrder } from './writing-messages.js';

/** Names of the failures that are told apart, by result code (https://sqlite.org/rescode.html). */
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
  /** Settles when it has ended, or could not start. */
  readonly ended: Promise<undefined>;
  /** Ends it, and discards what was not committed. */
  end(): void;
  /** The error for a failure that does not come from SQLite. */
  unfit(message: string): Error;
}

/** Changes a history in one `BEGIN IMMEDIATE` transaction, on another thread or in another process. */
export class RemoteWriter {
  /** @param place a thread, for long changes; or a process, for values that this process's driver cannot read. */
  constructor(private readonly place: WritingPlace) {}

  /**
   * Opens a file there and takes its lock; what was begun before and not committed is rolled back.
   * @param tokenizer Hermes's own, if triggers need it.
   * @returns the identity of the file.
   * @throws {SqliteFailure | DomainError} the latter, `message_too_large`, if the SQLite of the process is not suitable
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
   * @throws {SqliteFailure | DomainError} the first if nothing was changed; `store_unavailable` if the outcome is unknown
   */
  async commit(changes: readonly RowChange[]): Promise<void> {
    if ((await this.#obeyed({ kind: 'commit', changes })) === undefined) throw endedByItself();
  }

  async end(): Promise<void> {
    this.place.end();
    await this.place.ended;
  }

  /** @returns the answer; undefined if the place ended before. */
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

/** A thread of this process: requests are answered while it works. */
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
 * A process with another SQLite. This process's driver cannot read values that exceed JavaScript's longest string, not even inside SQL. Node's own
 * SQLite reads whatever Hermes's does, but two copies of SQLite in one process drop each other's locks
 * (https://sqlite.org/howtocorrupt.html#_multiple_copies_of_sqlite_linked_into_the_same_application).
 * @param node a Node executable with a built-in SQLite.
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
    // Ignores the failure to send to a process that has ended.
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
  // Falls back to the primary result code, which is the lowest byte.
  return CODES.get(code) ?? CODES.get(code & 0xff) ?? 'SQLITE_ERROR';
}
