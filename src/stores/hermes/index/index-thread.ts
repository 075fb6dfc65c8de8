import { Piscina } from 'piscina';
import { threadFile } from '../../../config/program-files.js';
import type { HermesConnection } from '../file/hermes-connection.js';
import { valueOf, type ThreadOutcome } from '../threads/thread-outcome.js';
import { THREAD_MEMORY } from '../threads/thread-memory.js';
import type { IndexAnswers, IndexTask } from './index-worker.js';

/** The thread that reads the whole file for the index, so that the one that answers requests does not have to. */
export class IndexThread {
  #pool: Piscina | undefined;

  constructor(connection: HermesConnection) {
    connection.closeWith(() => this.#end());
  }

  /**
   * Runs a task; tasks run one after the other, since the thread remembers what it has read.
   * @throws {SqliteFailure}
   */
  async run<K extends IndexTask['kind']>(
    task: Extract<IndexTask, { readonly kind: K }>,
  ): Promise<IndexAnswers[K]> {
    this.#pool ??= new Piscina({
      filename: threadFile('stores/hermes/index/index-worker.js'),
      minThreads: 1,
      maxThreads: 1,
      idleTimeout: Infinity,
      resourceLimits: THREAD_MEMORY,
    });
    return valueOf((await this.#pool.run(task)) as ThreadOutcome<IndexAnswers[K]>);
  }

  /** The next task begins with a new thread, which has nothing open. */
  async #end(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.destroy();
  }
}
