import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { threadFile } from '../config/program-files.js';
import type { OutgoingHistory } from '../stores/hermes/outgoing/outgoing-history.js';
import { toStoreError } from '../stores/hermes/file/sqlite-failure.js';
import { valueOf, type ThreadOutcome } from '../stores/hermes/threads/thread-outcome.js';
import type { SessionName } from '../stores/postgres/incoming/copied-messages.js';
import type { CopiedRows } from '../stores/postgres/incoming/upload.js';
import type { Loaded, LoadedSession, LoadingTask } from './loading-worker.js';

/** Sessions of one task, and tasks that are read ahead. */
const AT_ONCE = 40;
const AHEAD = 8;

/** The database takes what two threads read. */
const THREADS = Math.min(2, availableParallelism());

/** What is read lives until it is sent: with a small space for young objects nearly all of it would be moved to the old ones first. */
const THREAD_MEMORY = { maxYoungGenerationSizeMb: 64 } as const;

/** The threads that read sessions which the database has nothing of, while this one talks to the database. */
export class LoadingThreads {
  #pool: Piscina | undefined;

  constructor(
    private readonly history: OutgoingHistory,
    readonly historyId: number,
  ) {
    history.closeWith(() => this.end());
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
  async end(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.destroy();
  }

  async #read(sessions: readonly SessionName[]): Promise<Loaded> {
    this.#pool ??= new Piscina({
      filename: threadFile('ship/loading-worker.js'),
      minThreads: 1,
      maxThreads: THREADS,
      idleTimeout: 10_000,
      resourceLimits: THREAD_MEMORY,
    });
    const task: LoadingTask = { ...this.history.threadSource, historyId: this.historyId, sessions };
    try {
      return valueOf((await this.#pool.run(task)) as ThreadOutcome<Loaded>);
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
