import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Piscina } from 'piscina';
import { threadFile } from '../config/program-files.js';
import type { ExportRecord } from './export-record.js';
import { HTML } from './html.js';
import { MARKDOWN } from './markdown.js';
import type { PageTask } from './page-worker.js';

/** Transcripts as pages for people, written on a thread of their own. */
@Injectable()
export class Pages implements OnApplicationShutdown {
  #pool: Piscina<PageTask, string> | undefined;

  /** Writes records as a page, piece by piece. */
  async *write(records: AsyncIterable<ExportRecord>, format: PageTask['format']): AsyncGenerator<string> {
    const { begin, header, end } = format === 'html' ? HTML : MARKDOWN;
    let isBegun = false;
    for await (const record of records) {
      if (record.kind === 'messages') yield this.#render({ format, messages: record.messages });
      else {
        yield `${isBegun ? '' : begin(record.session)}${header(record.session)}`;
        isBegun = true;
      }
    }
    yield end();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#pool?.destroy();
  }

  #render(task: PageTask): Promise<string> {
    this.#pool ??= new Piscina({
      filename: threadFile('export/page-worker.js'),
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: 30_000,
    });
    return this.#pool.run(task);
  }
}
