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

/** Pages that are written at a time, each of which has one task at most; more are refused before they begin. Those that wait for their reader have none. */
const MAX_PAGES = 64;

/** Those of one caller: nobody's pages are all that are written. */
const MAX_OF_CALLER = 8;

/** Threads that write. One core is left to the thread that answers. */
const THREADS = Math.max(1, availableParallelism() - 1);

/** What a page is like. */
export interface PageOptions {
  readonly format: PageTask['format'];
  /** What the conversation is called of which it is; null where it has no title. */
  readonly title: string | null;
  /** Who asked for it. */
  readonly caller: string;
}

/** Transcripts as pages for people, written on threads of their own. */
@Injectable()
export class Pages implements OnApplicationShutdown {
  readonly #threads = new ThreadPool<PageTask, PagePiece>({
    program: threadFile('export/page-worker.js'),
    ...{ least: 0, most: THREADS, idle: 30_000 },
  });
  /** What is written now, or is about to be, and who asked for it. */
  readonly #writing = new Map<symbol, string>();
  readonly #turns = new CallerTurns(THREADS);

  /**
   * Writes records as a page, piece by piece.
   * @param over says that nobody waits for the page any more, or that it is whole.
   * @throws {ApiError} `overloaded`
   * @throws what the signal was aborted with
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
    // Nobody may ever begin to take it, and its reader may leave while it waits for a piece.
    over.addEventListener('abort', () => this.#writing.delete(page), { once: true });
    return this.#counted({ page, caller }, this.#pieces(records, options, over), over);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#threads.end();
  }

  /**
   * Keeps a page's place only while a piece of it is written: a reader may take hours for what is there, and the signal of a request whose answer
   * is whole may never be aborted.
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
        // The page is called what its conversation is; each further session what it is called itself, where it is.
        const own = record.session.title;
        const session = { ...record.session, title: isBegun ? (own ?? title) : (title ?? own) };
        yield `${isBegun ? '' : begin(session)}${header(session)}`;
        isBegun = true;
      }
    }
    yield end();
  }

  /** Each piece is a turn, so that nobody's long page keeps another's short one waiting. */
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
