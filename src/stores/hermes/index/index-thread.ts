import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Piscina } from 'piscina';
import { THREAD_MEMORY, workerFile } from '../threads/worker-threads.js';
import type { IndexAnswers, IndexTask } from './index-worker.js';

/** The thread that reads the whole file for the index, so that the one that answers requests does not have to. */
@Injectable()
export class IndexThread implements OnApplicationShutdown {
  #pool: Piscina | undefined;

  /** Runs a task; tasks run one after the other, since the thread remembers what it has read. */
  async run<K extends IndexTask['kind']>(
    task: Extract<IndexTask, { readonly kind: K }>,
  ): Promise<IndexAnswers[K]> {
    this.#pool ??= new Piscina({
      filename: workerFile('index/index-worker.js'),
      minThreads: 1,
      maxThreads: 1,
      idleTimeout: Infinity,
      resourceLimits: THREAD_MEMORY,
    });
    return (await this.#pool.run(task)) as IndexAnswers[K];
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#pool?.destroy();
  }
}
