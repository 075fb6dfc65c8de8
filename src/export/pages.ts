import { availableParallelism } from 'node:os';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Piscina } from 'piscina';
import { threadFile } from '../config/program-files.js';
import { ApiError } from '../http/errors.js';
import type { ExportRecord } from './export-record.js';
import { HTML_PAGE } from './html-page.js';
import { MARKDOWN_PAGE } from './markdown-page.js';
import type { PagePiece, PageTask } from './page-worker.js';

/** Pages that are written at a time, each of which has one task at most; more are refused before they begin. */
const MAX_PAGES = 64;

/** Transcripts as pages for people, written on threads of their own. */
@Injectable()
export class Pages implements OnApplicationShutdown {
  #pool: Piscina<PageTask, PagePiece> | undefined;
  readonly #writing = new Set<AbortSignal>();

  /**
   * Writes records as a page, piece by piece.
   * @param over says that nobody waits for the page any more, or that it is whole.
   * @throws {ApiError} `overloaded`
   */
  write(
    records: AsyncIterable<ExportRecord>,
    format: PageTask['format'],
    over: AbortSignal,
  ): AsyncIterable<string> {
    if (this.#writing.size >= MAX_PAGES)
      throw new ApiError('overloaded', { message: 'Too many pages are being written. Try again.' });
    this.#writing.add(over);
    over.addEventListener('abort', () => this.#writing.delete(over), { once: true });
    return this.#pieces(records, format, over);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#pool?.destroy();
  }

  async *#pieces(
    records: AsyncIterable<ExportRecord>,
    format: PageTask['format'],
    over: AbortSignal,
  ): AsyncGenerator<string> {
    const { begin, header, end } = format === 'html' ? HTML_PAGE : MARKDOWN_PAGE;
    let isBegun = false;
    for await (const record of records) {
      if (record.kind === 'messages') {
        for (let rest = record.messages; rest.length > 0;) {
          const { text, written } = await this.#render({ format, messages: rest }, over);
          yield text;
          rest = rest.slice(written);
        }
      } else {
        yield `${isBegun ? '' : begin(record.session)}${header(record.session)}`;
        isBegun = true;
      }
    }
    yield end();
  }

  #render(task: PageTask, signal: AbortSignal): Promise<PagePiece> {
    this.#pool ??= new Piscina({
      filename: threadFile('export/page-worker.js'),
      minThreads: 0,
      // One core is left to the thread that answers.
      maxThreads: Math.max(1, availableParallelism() - 1),
      idleTimeout: 30_000,
    });
    return this.#pool.run(task, { signal });
  }
}
