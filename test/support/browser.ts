import axe from 'axe-core';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { NEEDS } from '../setup/needs.js';
import { buildConsolePage } from './console-page.js';
import { describeWith } from './needs.js';
import { TEST_KEY } from './test-key.js';

/** Describes tests in a browser. */
export function describeInBrowser(name: string, tests: () => void): void {
  describeWith(['chromium'], name, tests);
}

/** Time within which anything must appear even on a busy machine, in milliseconds. */
const PATIENCE = 20_000;

type Axe = typeof axe;

/** A page with its collected errors, warnings and dialogs. */
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
      // A service worker would send requests past the routes that a test intercepts.
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

  /** The page's problems, without the browser's own messages about error answers and blocked service workers. */
  get problems(): readonly string[] {
    return this.complaints.filter(
      (text) => !/Failed to load resource|Service Worker registration blocked/.test(text),
    );
  }

  /** Accessibility problems found by axe-core, by the rules of WCAG 2.2 AA. */
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

/** Starts the browser for the surrounding tests. @returns a function that gives it while they run. */
export function browserForAll(): () => Browser {
  let browser: Browser;

  beforeAll(async () => {
    browser = await startBrowser();
  });

  afterAll(() => browser.close());

  return () => browser;
}

/** Builds the console and starts the browser, without its own background requests to other hosts. */
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

/** Opens the console and signs in with the key. */
export async function enterConsole(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel('Server key').fill(TEST_KEY);
  await page.getByRole('button', { name: 'Sign in' }).click();
}
