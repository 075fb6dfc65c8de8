import type { ExportRecord } from './export-record.js';
import { Pages } from './pages.js';

/** As many as are written at a time. */
const ALL_PLACES = 64;

/** A conversation of which nothing has to be rendered. */
async function* nothing(): AsyncGenerator<ExportRecord> {
  yield* await Promise.resolve([]);
}

function write(pages: Pages, over: AbortSignal = new AbortController().signal): AsyncIterator<string> {
  return pages.write(nothing(), { format: 'markdown', title: null }, over)[Symbol.asyncIterator]();
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

  it('are refused beyond a number, until somebody leaves', () => {
    const pages = new Pages();
    const reader = new AbortController();
    write(pages, reader.signal);
    for (let count = 1; count < ALL_PLACES; count++) write(pages);
    expect(() => write(pages)).toThrow('Too many pages');
    reader.abort();
    write(pages);
    expect(() => write(pages)).toThrow('Too many pages');
  });

  it('are not begun for somebody who has left', () => {
    const pages = new Pages();
    for (let count = 0; count <= ALL_PLACES; count++)
      expect(() => write(pages, AbortSignal.abort())).toThrow('aborted');
  });
});
