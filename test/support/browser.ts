import axe from 'axe-core';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { NEEDS } from '../setup/needs.js';
import { buildConsolePage } from './console-page.js';
import { describeWith } from './needs.js';
import { TEST_KEY } from './test-key.js';

/** Tests in a browser. */
export function describeInBrowser(name: string, tests: () => void): void {
  describeWith(['chromium'], name, tests);
}

/** Milliseconds in which anything is expected to appear, on a busy machine as well. */
const PATIENCE = 20_000;

type Axe = typeof axe;

/** A page, and everything that it complained about. */
export class BrowserPage {
  private constructor(
    readonly page: Page,
    private readonly context: BrowserContext,
    private readonly complaints: readonly string[],
  ) {}

  static async open(
    browser: Browser,
    options: Parameters<Browser['newContext']>[0] = {},
  ): Promise<BrowserPage> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale: 'en-GB',
      // What answers in the server's place would be asked past the routes of a test.
      serviceWorkers: 'block',
      ...options,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(`console: ${message.text()}`);
    });
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    return new BrowserPage(page, context, complaints);
  }

  /** What went wrong in the page; what the browser says of answers that are errors is none of it, nor that workers are blocked. */
  get problems(): readonly string[] {
    return this.complaints.filter(
      (text) => !/Failed to load resource|Service Worker registration blocked/.test(text),
    );
  }

  /** What axe-core finds hard to use for people who do not see, or use no mouse; the rules of WCAG 2.2 AA. */
  async accessibilityProblems(): Promise<readonly string[]> {
    await this.page.evaluate(axe.source);
    return this.page.evaluate(async () => {
      const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
      const { violations } = await (globalThis as unknown as { readonly axe: Axe }).axe.run({
        runOnly: { type: 'tag', values: tags },
      });
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    });
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}

/** Starts the browser for the tests around which it is called. @returns what gives it while they run. */
export function browserForAll(): () => Browser {
  let browser: Browser;

  beforeAll(async () => {
    browser = await startBrowser();
  });

  afterAll(() => browser.close());

  return () => browser;
}

/** Starts the browser on the console as it is now; without services of its own that would look for hosts elsewhere. */
export function startBrowser(): Promise<Browser> {
  buildConsolePage();
  return chromium.launch({
    ...(NEEDS.chromium.path === undefined ? {} : { executablePath: NEEDS.chromium.path }),
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
      ...['--disable-background-networking', '--disable-component-update'],
    ],
  });
}

/** Opens a page of the console as somebody does who has the key. */
export async function enterConsole(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel('Key of the server').fill(TEST_KEY);
  await page.getByRole('button', { name: 'Sign in' }).click();
}
