import { threadFile } from '../../../config/program-files.js';
import { FileThreads, type ThreadedFile } from '../threads/file-threads.js';
import type { IndexAnswers, IndexTask } from './index-worker.js';

/** The thread that reads the whole file for the index, to spare the thread that answers requests. */
export class IndexThread {
  readonly #threads: FileThreads;

  constructor(file: ThreadedFile) {
    this.#threads = new FileThreads(file, {
      program: threadFile('stores/hermes/index/index-worker.js'),
      most: 1,
      idle: Infinity,
    });
  }

  /**
   * Runs a task. Tasks run one after the other, since the thread keeps state between them.
   * @throws {SqliteFailure}
   */
  run<K extends IndexTask['kind']>(task: Extract<IndexTask, { readonly kind: K }>): Promise<IndexAnswers[K]> {
    return this.#threads.run(task);
  }
}
