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

/** `SCREENSHOTS=docs/console npx jest test/console` takes the pictures of the documentation anew. */
const SCREENSHOTS = process.env.SCREENSHOTS;

type Locator = ReturnType<Page['locator']>;

/** A page of the console of a server on a demo history, which has a path of its host. */
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

  /** How many conversations the page says there are. */
  get summary(): Locator {
    return this.page.locator('.summary span').first();
  }

  /** The list of the API. */
  list(query: string): Promise<SessionListResponse> {
    return this.server.json(`/hermes/v1/sessions?${query}`);
  }

  /** The conversations that the page lists first: those that are pinned, and the others after them. */
  async listed(): Promise<SessionListResponse['data']> {
    const [pinned, others] = [await this.list('pinned=true'), await this.list('pinned=false')];
    return [...pinned.data, ...others.data];
  }

  /** Status of a session of the API. */
  async statusOf(id: string): Promise<number> {
    return (await this.server.get(`/hermes/v1/sessions/${id}`)).status;
  }

  /** Opens the console as somebody does who has the key. */
  async signIn(query = ''): Promise<void> {
    await enterConsole(this.page, this.url + query);
    await this.rows.first().waitFor();
  }

  /** Writes a session as Hermes does. */
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

  /** Takes a picture of the documentation, where that is wanted. */
  async picture(name: string): Promise<void> {
    if (SCREENSHOTS === undefined) return;
    const folder = resolve(ROOT, SCREENSHOTS);
    mkdirSync(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }

  /** @returns what the page complained about. */
  async close(): Promise<readonly string[]> {
    const { problems } = this.opened;
    await this.opened.close();
    await this.server.close();
    return problems;
  }
}

/** How a page is opened. */
type PageOptions = Parameters<typeof TestConsole.open>[1];

/**
 * Opens the console for each test around which it is called, in one browser; what a page complains about fails its test.
 * @param given is told of each that was opened.
 * @returns what has a test go on with one that is opened in another way.
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
