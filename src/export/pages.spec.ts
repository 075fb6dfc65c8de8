import type { ExportRecord } from './export-record.js';
import { Pages } from './pages.js';

/** The limits of pages written at a time, in total and per caller. */
const ALL_PLACES = 64;
const OWN_PLACES = 8;

/** A conversation without anything to render. */
async function* nothing(): AsyncGenerator<ExportRecord> {
  yield* await Promise.resolve([]);
}

function write(
  pages: Pages,
  over: AbortSignal = new AbortController().signal,
  caller = 'ana',
): AsyncIterator<string> {
  return pages.write(nothing(), { format: 'markdown', title: null, caller }, over)[Symbol.asyncIterator]();
}

describe('pages that are written', () => {
  it('give their place to others when they are whole, whatever goes on behind them', async () => {
    const pages = new Pages();
    for (let count = 0; count <= ALL_PLACES; count++) {
      const page = write(pages);
      while ((await page.next()).done !== true);
    }
  });

  it('keep none while they wait for their reader', async () => {
    const pages = new Pages();
    for (let count = 0; count <= ALL_PLACES; count++)
      expect(await write(pages).next()).toMatchObject({ done: false });
  });

  it('are refused beyond a number of one caller, until somebody leaves, and to nobody else', () => {
    const pages = new Pages();
    const reader = new AbortController();
    write(pages, reader.signal);
    for (let count = 1; count < OWN_PLACES; count++) write(pages);
    expect(() => write(pages)).toThrow('Too many pages');
    write(pages, undefined, 'bo');
    reader.abort();
    write(pages);
    expect(() => write(pages)).toThrow('Too many pages');
  });

  it('are refused beyond a number of all callers', () => {
    const pages = new Pages();
    for (let count = 0; count < ALL_PLACES; count++) write(pages, undefined, `caller ${count % 32}`);
    expect(() => write(pages, undefined, 'another')).toThrow('Too many pages');
  });

  it('are not begun for somebody who has left', () => {
    const pages = new Pages();
    for (let count = 0; count <= ALL_PLACES; count++)
      expect(() => write(pages, AbortSignal.abort())).toThrow('aborted');
  });
});
