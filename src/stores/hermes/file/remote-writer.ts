import { fork, type ChildProcess } from 'node:child_process';
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

/**
 * Another process that changes a history in one `BEGIN IMMEDIATE` transaction. The driver of this one reads no value that would make a
 * longer string than JavaScript has, not even in SQL; Node's own SQLite reads what Hermes's does, but two copies of SQLite in one process
 * drop each other's locks (https://sqlite.org/howtocorrupt.html#_multiple_copies_of_sqlite_linked_into_the_same_application).
 */
export class WritingProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly ended: Promise<undefined>,
  ) {}

  /**
   * Opens a file there and takes its lock.
   * @param node a program of Node that has a SQLite of its own.
   * @param tokenizer Hermes's own, where triggers need it.
   * @returns the process, and which file it opened.
   * @throws {SqliteFailure | DomainError} `message_too_large` where that SQLite will not do
   */
  static async begin(
    node: string,
    path: string,
    tokenizer: string | undefined,
  ): Promise<{ readonly process: WritingProcess; readonly device: number; readonly inode: number }> {
    const program = new URL(threadFile('stores/hermes/file/writing-process-worker.js'));
    const child = fork(program, {
      execPath: node,
      execArgv: ['--no-warnings'],
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    });
    const process = new WritingProcess(child, endOf(child));
    try {
      const answer = await process.#obeyed({ kind: 'begin', path, tokenizer });
      if (answer?.kind !== 'begun') throw new DomainError('message_too_large');
      return { process, device: answer.device, inode: answer.inode };
    } catch (error) {
      await process.end();
      throw error;
    }
  }

  /**
   * Makes changes and commits them.
   * @throws {SqliteFailure | DomainError} the first where nothing was changed; `store_unavailable` where nobody knows
   */
  async commit(changes: readonly RowChange[]): Promise<void> {
    if ((await this.#obeyed({ kind: 'commit', changes })) === undefined) throw endedByItself();
  }

  /** Ends the process, and with it what was not committed. */
  async end(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** @returns its answer; undefined where it ended before. */
  async #obeyed(order: WritingOrder): Promise<WritingAnswer | undefined> {
    const answered = new Promise<WritingAnswer>((resolve) => this.child.once('message', resolve));
    // Where it has ended, there is nobody to be told.
    this.child.send(order, () => undefined);
    const answer = await Promise.race([answered, this.ended]);
    if (answer?.kind === 'failed') throw failureOf(answer);
    return answer;
  }
}

/** Settles when a process has ended, or could not be started. */
function endOf(child: ChildProcess): Promise<undefined> {
  return new Promise((ended) => {
    for (const event of ['close', 'error'])
      child.once(event, () => {
        ended(undefined);
      });
  });
}

function endedByItself(): DomainError {
  return new DomainError('store_unavailable', {
    message:
      'The process that changed the history ended before it had answered. Look whether the change is in it.',
  });
}

function failureOf({ message, resultCode }: Extract<WritingAnswer, { kind: 'failed' }>): Error {
  if (resultCode === undefined) return new DomainError('message_too_large', { cause: new Error(message) });
  // The lowest byte is the kind of the failure, where nothing more exact is known.
  const code = CODES.get(resultCode) ?? CODES.get(resultCode & 0xff) ?? 'SQLITE_ERROR';
  return Object.assign(new Error(message), { code }) satisfies SqliteFailure;
}
