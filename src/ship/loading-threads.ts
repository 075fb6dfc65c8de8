import { availableParallelism } from 'node:os';
import { threadFile } from '../config/program-files.js';
import type { OutgoingHistory } from '../stores/hermes/outgoing/outgoing-history.js';
import { toStoreError } from '../stores/hermes/file/sqlite-failure.js';
import { FileThreads } from '../stores/hermes/threads/file-threads.js';
import type { SessionName } from '../stores/postgres/incoming/copied-messages.js';
import type { CopiedRows } from '../stores/postgres/incoming/upload.js';
import type { Loaded, LoadedSession, LoadingTask } from './loading-worker.js';

/** Sessions of one task, and tasks that are read ahead. */
const AT_ONCE = 40;
const AHEAD = 8;

/** The database takes what two threads read. */
const THREADS = Math.min(2, availableParallelism());

/** The threads that read sessions which the database has nothing of, while this one talks to the database. */
export class LoadingThreads {
  readonly #threads: FileThreads;

  constructor(
    history: OutgoingHistory,
    readonly historyId: number,
  ) {
    this.#threads = new FileThreads(history, {
      program: threadFile('ship/loading-worker.js'),
      ...{ most: THREADS, idle: 10_000 },
      // What is read lives until it is sent: with a small space nearly all of it would be moved to the old objects first.
      youngMegabytes: 64,
    });
  }

  /**
   * Reads sessions, in their order.
   * @throws {DomainError} where the file cannot be read
   */
  async *load(sessions: readonly SessionName[]): AsyncGenerator<readonly [LoadedSession, CopiedRows]> {
    const ahead: Promise<Loaded>[] = [];
    try {
      for (let at = 0; at < sessions.length || ahead.length > 0;) {
        for (; ahead.length < AHEAD && at < sessions.length; at += AT_ONCE)
          ahead.push(this.#read(sessions.slice(at, at + AT_ONCE)));
        const loaded = await ahead.shift();
        if (loaded !== undefined) yield* withRows(loaded);
      }
    } finally {
      // Nobody will hear of what is under way when this ends early.
      for (const reading of ahead) reading.catch(() => undefined);
    }
  }

  /** The next sessions are read by a new thread, which has nothing open. */
  end(): Promise<void> {
    return this.#threads.end();
  }

  async #read(sessions: readonly SessionName[]): Promise<Loaded> {
    const task: LoadingTask = { historyId: this.historyId, sessions };
    try {
      return await this.#threads.run<Loaded>(task);
    } catch (error) {
      throw toStoreError(error);
    }
  }
}

/** Each session with its rows, of which one that has to be read again has none. */
function* withRows({ sessions, rows }: Loaded): Generator<readonly [LoadedSession, CopiedRows]> {
  const end = { messages: 0, words: 0 };
  for (const session of sessions) {
    const { messages, words } = session.kind === 'whole' ? session.lengths : { messages: 0, words: 0 };
    yield [
      session,
      {
        messages: rows.messages.subarray(end.messages, (end.messages += messages)),
        words: rows.words.subarray(end.words, (end.words += words)),
      },
    ];
  }
}
