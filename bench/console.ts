// Code that runs in the page is written here as well.
/// <reference lib="dom" />

import { chromium, type Browser, type Page } from 'playwright-core';
import { LONG_SESSION, LONG_SESSION_MESSAGES } from './histories/history.js';
import { SEARCH_WORDS } from './histories/prose.js';
import { median } from './load.js';
import type { Result } from './report.js';
import { KEY, ServerProcess } from './servers.js';
import type { Effort } from './works.js';

/** Simulated network round trip between browser and server, in milliseconds. */
const DELAY = 100;

/** Measurements taken inside the page. */
interface Notes {
  /** Milliseconds from the start of the page to its first row. */
  firstRow: number | undefined;
  /** The longest time for which the page was blocked, in milliseconds. */
  longestTask: number;
}

/** Measures the console in Chromium, on a history of the usual size. @param executablePath of Chromium. */
export async function measureConsole(
  stateDb: string,
  { rounds }: Effort,
  executablePath: string,
): Promise<readonly Result[]> {
  const server = await ServerProcess.ours(stateDb);
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const console = await ConsolePage.open(browser, `${server.url}/console/`);
    const lists: number[] = [];
    const opened: number[] = [];
    const hits: HitFigures[] = [];
    const far: number[] = [];
    const linked: number[] = [];
    for (let round = 0; round < rounds; round++) {
      lists.push(await console.firstList());
      opened.push(await console.openLongest());
      hits.push(await console.openHit());
    }
    await console.delay(DELAY);
    for (let round = 0; round < rounds; round++) {
      far.push((await console.openHit()).took);
      linked.push(await console.openHitByLink());
    }
    return [
      result('console: first list, shell and HTTP cache warm', median(lists), 300),
      result(`console: ${LONG_SESSION_MESSAGES} messages opened at their end`, median(opened), 400),
      result('console: a hit of a search opened, its words marked', median(hits.map(({ took }) => took))),
      {
        ...{ work: 'console: requests for that, the most', bar: '≤ 3', unit: '' },
        ...{ value: Math.max(...hits.map(({ requests }) => requests)), limit: { atMost: 3 } },
      },
      result(`console: the same behind ${DELAY} ms of network`, median(far), 800),
      result(`console: the same by its link, behind ${DELAY} ms of network`, median(linked)),
      result('console: longest task of all this', console.longestTask, 100),
    ];
  } finally {
    await browser.close();
    await server.stop();
  }
}

interface HitFigures {
  /** Milliseconds from the click to the highlighted words. */
  readonly took: number;
  readonly requests: number;
}

/** A signed-in page of the console. */
class ConsolePage {
  longestTask = 0;

  private constructor(
    private readonly page: Page,
    private readonly url: string,
  ) {}

  static async open(browser: Browser, url: string): Promise<ConsolePage> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await page.addInitScript(() => {
      const notes: Notes = { firstRow: undefined, longestTask: 0 };
      Reflect.set(globalThis, 'notes', notes);
      new MutationObserver((_changes, observer) => {
        if (document.querySelector('.row .row-title') === null) return;
        notes.firstRow = performance.now();
        observer.disconnect();
      }).observe(document, { childList: true, subtree: true });
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries())
          notes.longestTask = Math.max(notes.longestTask, duration);
      }).observe({ type: 'longtask' });
    });
    await page.goto(url);
    await page.getByLabel('Server key').fill(KEY);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('.row .row-title').first().waitFor();
    const opened = new ConsolePage(page, url);
    // Warm-up: one-time loading is not measured.
    await opened.openLongest();
    await opened.openHit();
    opened.longestTask = 0;
    return opened;
  }

  /** Adds network latency between the page and its server. */
  async delay(milliseconds: number): Promise<void> {
    const session = await this.page.context().newCDPSession(this.page);
    await session.send('Network.emulateNetworkConditions', {
      ...{ offline: false, latency: milliseconds, downloadThroughput: -1, uploadThroughput: -1 },
    });
  }

  /** Milliseconds from opening the page to the first row of the list. */
  async firstList(): Promise<number> {
    await this.#goTo('');
    return this.page.evaluate(() => (Reflect.get(globalThis, 'notes') as Notes).firstRow ?? NaN);
  }

  /** Milliseconds from a click to the messages of the longest session. */
  async openLongest(): Promise<number> {
    await this.#goTo('');
    return this.#measure(`?session=${LONG_SESSION}`, '.message[data-id]');
  }

  async openHit(): Promise<HitFigures> {
    await this.#goTo(`?q=${SEARCH_WORDS.rare}`);
    await this.page.locator('.row mark').first().waitFor();
    const address = (await this.page.locator('.row').first().getAttribute('href')) ?? '';
    let requests = 0;
    const count = (request: { url: () => string }): void => {
      if (request.url().includes('/v1/')) requests++;
    };
    this.page.on('request', count);
    const took = await this.#measure(address, undefined);
    this.page.off('request', count);
    return { took, requests };
  }

  /** Milliseconds from opening the link of a search hit to its highlighted words. */
  async openHitByLink(): Promise<number> {
    await this.#goTo(`?q=${SEARCH_WORDS.rare}`);
    await this.page.locator('.row mark').first().waitFor();
    const address = (await this.page.locator('.row').first().getAttribute('href')) ?? '';
    await this.#note();
    await this.page.goto(new URL(address, this.url).href);
    await this.page.waitForFunction(() => (CSS.highlights.get('found-here')?.size ?? 0) > 0);
    return this.page.evaluate(() => performance.now());
  }

  async #goTo(query: string): Promise<void> {
    await this.#note();
    await this.page.goto(this.url + query);
    await this.page.locator('.row .row-title').first().waitFor();
  }

  /**
   * Milliseconds from navigating within the page, as a click does, until a selector matches, or until words are highlighted if there is no selector.
   */
  #measure(address: string, selector: string | undefined): Promise<number> {
    return this.page.evaluate(
      async ([to, sought]) => {
        const begun = performance.now();
        history.pushState(null, '', to);
        dispatchEvent(new PopStateEvent('popstate'));
        const isThere = (): boolean =>
          sought === undefined
            ? (CSS.highlights.get('found-here')?.size ?? 0) > 0
            : document.querySelector(sought) !== null;
        while (!isThere()) await new Promise((next) => requestAnimationFrame(next));
        return performance.now() - begun;
      },
      [address, selector] as const,
    );
  }

  /** Saves the page's measurements before it is left. */
  async #note(): Promise<void> {
    const longest = await this.page.evaluate(() => {
      const notes = Reflect.get(globalThis, 'notes') as Notes | undefined;
      return notes?.longestTask ?? 0;
    });
    this.longestTask = Math.max(this.longestTask, longest);
  }
}

function result(work: string, value: number, atMost?: number): Result {
  if (atMost === undefined) return { work, value, unit: 'ms' };
  return { work, bar: `≤ ${atMost} ms`, value, unit: 'ms', limit: { atMost } };
}
