import { availableParallelism } from 'node:os';
import { threadFile } from '../config/program-files.js';
import type { OutgoingHistory } from '../stores/hermes/outgoing/outgoing-history.js';
import { toStoreError } from '../stores/hermes/file/sqlite-failure.js';
import { FileThreads } from '../stores/hermes/threads/file-threads.js';
import type { SessionName } from '../stores/postgres/incoming/copied-messages.js';
import type { CopiedRows } from '../stores/postgres/incoming/upload.js';
import type { Loaded, LoadedSession, LoadingTask } from './loading-worker.js';

/** Sessions per task, and tasks that are read ahead. */
const AT_ONCE = 40;
const AHEAD = 8;

/** Two threads read as fast as the database stores. */
const THREADS = Math.min(2, availableParallelism());

/** Threads that read new sessions while the main thread talks to the database. */
export class LoadingThreads {
  readonly #threads: FileThreads;

  constructor(
    history: OutgoingHistory,
    readonly historyId: number,
  ) {
    this.#threads = new FileThreads(history, {
      program: threadFile('ship/loading-worker.js'),
      most: THREADS,
      idle: 10_000,
      // Rows live until they are sent: with a small young generation nearly all would be promoted to the old one first.
      youngMegabytes: 64,
    });
  }

  /**
   * Reads sessions in order.
   * @throws {DomainError} if the file cannot be read
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
      // If the caller stops early, nobody awaits these results; this avoids unhandled rejections.
      for (const reading of ahead) reading.catch(() => undefined);
    }
  }

  /** Ends the threads; a later load starts new ones, with nothing open. */
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

/** Pairs each session with its rows; a session that is not read whole has none. */
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
