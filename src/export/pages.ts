import { availableParallelism } from 'node:os';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { threadFile } from '../config/program-files.js';
import { ApiError } from '../http/errors.js';
import { CallerTurns } from '../sessions/caller-turns.js';
import { ThreadPool, ThreadsEndedError } from '../threads/thread-pool.js';
import type { ExportRecord } from './export-record.js';
import { HTML_PAGE } from './html-page.js';
import { MARKDOWN_PAGE } from './markdown-page.js';
import type { PagePiece, PageTask } from './page-worker.js';

/**
 * Most pages that may be written at a time, with one task each; further ones are refused before they begin. Pages that wait for their
 * reader do not count.
 */
const MAX_PAGES = 64;

/** Most of these for one caller, so that no caller can use all. */
const MAX_OF_CALLER = 8;

/** Number of threads. One core is left to the main thread. */
const THREADS = Math.max(1, availableParallelism() - 1);

/** Options of a page. */
export interface PageOptions {
  readonly format: PageTask['format'];
  /** The title of the page's conversation; null if it has none. */
  readonly title: string | null;
  /** The caller's name. */
  readonly caller: string;
}

/** Renders transcripts as readable pages, on separate threads. */
@Injectable()
export class Pages implements OnApplicationShutdown {
  readonly #threads = new ThreadPool<PageTask, PagePiece>({
    program: threadFile('export/page-worker.js'),
    least: 0,
    most: THREADS,
    idle: 30_000,
  });
  /** Pages that are being written, with their callers. */
  readonly #writing = new Map<symbol, string>();
  readonly #turns = new CallerTurns(THREADS);

  /**
   * Writes records as a page, piece by piece.
   * @param over is aborted when nobody waits for the page any more, or it is complete.
   * @throws {ApiError} `overloaded`
   * @throws the signal's reason
   */
  write(
    records: AsyncIterable<ExportRecord>,
    options: PageOptions,
    over: AbortSignal,
  ): AsyncIterable<string> {
    over.throwIfAborted();
    const { caller } = options;
    const own = [...this.#writing.values()].filter((other) => other === caller).length;
    if (this.#writing.size >= MAX_PAGES || own >= MAX_OF_CALLER)
      throw new ApiError('overloaded', { message: 'Too many pages are being written. Try again.' });
    const page = Symbol('page');
    this.#writing.set(page, caller);
    // The page may never be read, or its reader may leave while it waits for a piece.
    over.addEventListener('abort', () => this.#writing.delete(page), { once: true });
    return this.#counted({ page, caller }, this.#pieces(records, options, over), over);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#threads.end();
  }

  /**
   * Counts a page only while a piece of it is written: a reader may take hours for finished pieces, and the signal of a completed request
   * may never be aborted.
   */
  async *#counted(
    { page, caller }: { readonly page: symbol; readonly caller: string },
    pieces: AsyncIterable<string>,
    over: AbortSignal,
  ): AsyncGenerator<string> {
    try {
      for await (const piece of pieces) {
        this.#writing.delete(page);
        yield piece;
        if (!over.aborted) this.#writing.set(page, caller);
      }
    } finally {
      this.#writing.delete(page);
    }
  }

  async *#pieces(
    records: AsyncIterable<ExportRecord>,
    { format, title, caller }: PageOptions,
    over: AbortSignal,
  ): AsyncGenerator<string> {
    const { begin, header, end } = format === 'html' ? HTML_PAGE : MARKDOWN_PAGE;
    let isBegun = false;
    for await (const record of records) {
      if (record.kind === 'messages') {
        for (let rest = record.messages; rest.length > 0;) {
          const { text, written } = await this.#render({ format, messages: rest }, caller, over);
          yield text;
          rest = rest.slice(written);
        }
      } else {
        // The page has its conversation's title; each further session has its own, if any.
        const own = record.session.title;
        const session = { ...record.session, title: isBegun ? (own ?? title) : (title ?? own) };
        yield `${isBegun ? '' : begin(session)}${header(session)}`;
        isBegun = true;
      }
    }
    yield end();
  }

  /** Each piece waits its turn, so that one caller's long page does not block another's short one. */
  #render(task: PageTask, caller: string, signal: AbortSignal): Promise<PagePiece> {
    return this.#turns.take(caller, () => this.#run(task, signal), signal);
  }

  async #run(task: PageTask, signal: AbortSignal): Promise<PagePiece> {
    try {
      return await this.#threads.run(task, signal);
    } catch (error) {
      throw error instanceof ThreadsEndedError ? new ApiError('overloaded', { cause: error }) : error;
    }
  }
}
