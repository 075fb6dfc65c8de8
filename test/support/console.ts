import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { Environment } from '../../src/config/settings.js';
import { writeDemoHistory } from '../../src/demo/demo-history.js';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { BrowserPage, enterConsole, browserForAll } from './browser.js';
import { onceWritten } from './histories.js';
import { ROOT } from './root.js';
import { TestServer } from './server.js';
import { until } from './wait.js';

/** `SCREENSHOTS=docs/console npx jest test/console` retakes the screenshots of the documentation. */
const SCREENSHOTS = process.env.SCREENSHOTS;

type Locator = ReturnType<Page['locator']>;

/** A console page of a server on a demo history. The server has a base path. */
export class TestConsole {
  private constructor(
    readonly path: string,
    readonly server: TestServer,
    readonly url: string,
    readonly opened: BrowserPage,
  ) {}

  static async open(
    browser: Browser,
    options: Parameters<typeof BrowserPage.open>[1] = {},
    environment: Environment = {},
  ): Promise<TestConsole> {
    const path = onceWritten('demo', (file) => {
      writeDemoHistory(file, { conversations: 320, now: Date.now() / 1000, seed: 11 });
    });
    const server = await TestServer.onFile(path, { BASE_PATH: '/hermes', ...environment });
    const url = `${await server.app.getUrl()}/hermes/console/`;
    return new TestConsole(path, server, url, await BrowserPage.open(browser, options));
  }

  get page(): Page {
    return this.opened.page;
  }

  get rows(): Locator {
    return this.page.getByRole('listbox').getByRole('option');
  }

  /** The number of conversations, as the page displays it. */
  get summary(): Locator {
    return this.page.locator('.summary span').first();
  }

  /** The API's list. */
  list(query: string): Promise<SessionListResponse> {
    return this.server.json(`/hermes/v1/sessions?${query}`);
  }

  /** The conversations in the order of the page: pinned ones first. */
  async listed(): Promise<SessionListResponse['data']> {
    const [pinned, others] = [await this.list('pinned=true'), await this.list('pinned=false')];
    return [...pinned.data, ...others.data];
  }

  /** The status with which the API answers for a session. */
  async statusOf(id: string): Promise<number> {
    return (await this.server.get(`/hermes/v1/sessions/${id}`)).status;
  }

  /** Opens the console and signs in with the key. */
  async signIn(query = ''): Promise<void> {
    await enterConsole(this.page, this.url + query);
    await this.rows.first().waitFor();
  }

  /** Writes a session like Hermes. */
  async addSession(
    session: { readonly id: string; readonly title: string },
    texts: readonly string[],
  ): Promise<string> {
    const writer = HistoryWriter.open(this.path);
    const now = Date.now() / 1000;
    writer.together(() => {
      writer.addSession({ ...session, source: 'cli', started_at: now });
      for (const [at, content] of texts.entries())
        writer.addMessage({
          session_id: session.id,
          role: at % 2 === 0 ? 'user' : 'assistant',
          content,
          timestamp: now + at / 10,
        });
    });
    writer.close();
    await until(async () => (await this.statusOf(session.id)) === 200);
    return session.id;
  }

  /** Takes a screenshot for the documentation, if enabled. */
  async picture(name: string): Promise<void> {
    if (SCREENSHOTS === undefined) return;
    const folder = resolve(ROOT, SCREENSHOTS);
    mkdirSync(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }

  /** @returns the page's problems. */
  async close(): Promise<readonly string[]> {
    const { problems } = this.opened;
    await this.opened.close();
    await this.server.close();
    return problems;
  }
}

/** Options for opening a page. */
type PageOptions = Parameters<typeof TestConsole.open>[1];

/**
 * Opens the console for each of the surrounding tests, all in one browser. Problems of a page fail its test.
 * @param given called with each opened console.
 * @returns a function that reopens the console with other options within a test.
 */
export function openForEach(
  given: (view: TestConsole) => void,
  { options, settings }: { readonly options?: PageOptions; readonly settings?: () => Environment } = {},
): (options: PageOptions) => Promise<void> {
  const browser = browserForAll();
  let view: TestConsole;

  const open = async (how: PageOptions): Promise<void> => {
    view = await TestConsole.open(browser(), how, settings?.());
    given(view);
  };

  beforeEach(() => open(options));

  afterEach(async () => {
    expect(await view.close()).toEqual([]);
  });

  return async (how) => {
    await view.close();
    await open(how);
  };
}
