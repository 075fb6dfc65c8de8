// What runs in the page is written here as well.
/// <reference lib="dom" />

import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { writeDemoHistory } from '../../src/demo/demo-history.js';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { BrowserPage, describeInBrowser, enterConsole, startBrowser } from '../support/browser.js';
import { ROOT } from '../support/root.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { until } from '../support/wait.js';

/** An image of one pixel. */
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** `SCREENSHOTS=docs/console npm test -- console` takes the pictures of the documentation anew. */
const SCREENSHOTS = process.env.SCREENSHOTS;

describeInBrowser('the console', () => {
  let browser: Browser;
  let path: string;
  let server: TestServer;
  let url: string;
  let opened: BrowserPage;
  let page: Page;

  beforeAll(async () => {
    browser = await startBrowser();
  });

  afterAll(() => browser.close());

  beforeEach(async () => {
    path = join(temporaryFolder(), 'state.db');
    writeDemoHistory(path, { conversations: 320, now: Date.now() / 1000, seed: 11 });
    server = await TestServer.onFile(path, { BASE_PATH: '/hermes' });
    url = `${await server.app.getUrl()}/hermes/console/`;
    opened = await BrowserPage.open(browser);
    page = opened.page;
  });

  afterEach(async () => {
    const { problems } = opened;
    await opened.close();
    await server.close();
    expect(problems).toEqual([]);
  });

  const rows = (): ReturnType<Page['getByRole']> => page.getByRole('listbox').getByRole('option');
  const summary = (): ReturnType<Page['locator']> => page.locator('.summary span').first();
  const list = (query: string): Promise<SessionListResponse> => server.json(`/hermes/v1/sessions?${query}`);

  /** Writes a session as Hermes does. */
  async function addSession(
    session: { readonly id: string; readonly title: string },
    texts: readonly string[],
  ): Promise<string> {
    const writer = HistoryWriter.open(path);
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
    await until(async () => (await server.get(`/hermes/v1/sessions/${session.id}`)).status === 200);
    return session.id;
  }

  async function signIn(query = ''): Promise<void> {
    await enterConsole(page, url + query);
    await rows().first().waitFor();
  }

  async function picture(name: string): Promise<void> {
    if (SCREENSHOTS === undefined) return;
    const folder = resolve(ROOT, SCREENSHOTS);
    mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: join(folder, `${name}.png`) });
  }

  it('lets nobody in without a key, and keeps a right one for the tab alone', async () => {
    await page.goto(url);
    expect(await opened.accessibilityProblems()).toEqual([]);
    await page.getByLabel('Key of the server').fill('wrong-key-00000000');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('The server does not know this key.').waitFor();
    await signIn();
    expect(await page.evaluate(() => [localStorage.length, document.cookie])).toEqual([0, '']);
    await page.reload();
    await rows().first().waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Key of the server').waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });

  it('is served with a policy that allows nothing foreign, and hashed names for a year', async () => {
    const index = await fetch(url);
    const policy = index.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).not.toMatch(/unsafe|https?:/);
    expect(index.headers.get('cache-control')).toBe('private, no-cache');
    const [, asset = ''] = /src="\.\/(assets\/[^"]+\.js)"/.exec(await index.text()) ?? [];
    const script = await fetch(url + asset);
    expect(script.status).toBe(200);
    expect(script.headers.get('cache-control')).toContain('immutable');
    const requests: string[] = [];
    page.on('request', (request) => requests.push(new URL(request.url()).origin));
    await signIn();
    expect(new Set(requests)).toEqual(new Set([new URL(url).origin]));
    const received = await page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .filter(({ name }) => name.includes('/assets/'))
        .reduce((sum, entry) => sum + (entry as PerformanceResourceTiming).encodedBodySize, 0),
    );
    expect(received).toBeGreaterThan(10_000);
    expect(received).toBeLessThan(200_000);
    const gzipped = await fetch(url + asset, { headers: { 'accept-encoding': 'gzip' } });
    expect(gzipped.headers.get('content-encoding')).toBe('gzip');
    expect((await fetch(url.slice(0, -1), { redirect: 'manual' })).headers.get('location')).toMatch(
      /\/hermes\/console\/$/,
    );
  });

  it('shows a conversation a row, in the order and number of the API, and what is hidden', async () => {
    const { total, data, hidden } = await list('limit=5');
    await signIn();
    expect(await summary().textContent()).toBe(`${total} conversations`);
    const first = await rows().first().textContent();
    expect(first).toContain(data[0]?.title ?? data[0]?.preview ?? '');
    expect(first).toContain(data[0]?.platform);
    expect(await opened.accessibilityProblems()).toEqual([]);
    await picture('list');
    await page.getByRole('button', { name: `${hidden.archived} archived: show` }).click();
    await page.getByText(`${total + hidden.archived} conversations`).waitFor();
    expect(new URL(page.url()).searchParams.get('archived')).toBe('any');
  });

  it('searches as one types, marks the hits, and opens the message that was found', async () => {
    await signIn();
    await page.keyboard.press('/');
    await page.keyboard.type('readiness', { delay: 15 });
    const { total, data } = await list('search=readiness&limit=1');
    await page.getByText(`${total} conversations`).waitFor();
    const hit = rows().first().locator('mark').first();
    expect((await hit.textContent())?.toLowerCase()).toContain('readiness');
    expect(new URL(page.url()).searchParams.get('q')).toBe('readiness');
    await rows().first().click();
    const sought = page.locator('.message[data-sought]');
    await sought.waitFor();
    await picture('search');
    expect(new URL(page.url()).searchParams.get('message')).toBe(String(data[0]?.match?.message_id));
    expect(await opened.accessibilityProblems()).toEqual([]);
    // The address is all that somebody else needs.
    await page.goto(page.url());
    await sought.waitFor();
    await page.goBack();
    await page.getByText('Choose a conversation').waitFor();
  });

  it('narrows the list down by its filters, all of which stand in the address', async () => {
    const { total } = await list('platform=telegram&archived=any');
    await signIn('?platform=telegram&archived=any');
    await page.getByText(`${total} conversations`).waitFor();
    await page.getByLabel('Platform').selectOption('cron');
    const cron = await list('platform=cron&archived=any');
    await page.getByText(`${cron.total} conversations`).waitFor();
    await page.getByLabel('Begun before').fill('2001-01-01');
    await page.getByText('Nothing matches.').waitFor();
    await page.getByRole('button', { name: 'Clear search and filters' }).click();
    await rows().first().waitFor();
    expect(new URL(page.url()).search).toBe('');
  });

  it('shows a compressed conversation as one, with a seam, and everything folded that is not talk', async () => {
    const { data } = await list('limit=200&archived=any');
    const chain = data.find(({ chain_length: length }) => length > 1);
    await signIn(`?archived=any&session=${chain?.id ?? ''}`);
    await page.locator('.message').last().waitFor();
    await page.locator('.messages').evaluate((element) => {
      element.scrollTo({ top: 0 });
    });
    await page.locator('.message[data-role="user"]').first().waitFor();
    await page.getByText(`compressed ${(chain?.chain_length ?? 2) - 1} time`).waitFor();
    await page.locator('.seam').first().waitFor({ state: 'attached' });
    await picture('conversation');
    const tool = page.locator('.message[data-role="tool"] details').first();
    if ((await tool.count()) > 0)
      expect(await tool.evaluate((element) => element.hasAttribute('open'))).toBe(false);
  });

  it('renames, pins, archives and deletes', async () => {
    const { data } = await list('limit=200');
    const plain = data.find(
      ({ chain_length: length, pinned, title }) => length === 1 && !pinned && title !== null,
    );
    const id = plain?.id ?? '';
    const read = (): Promise<{ title: string | null; pinned: boolean; archived: boolean }> =>
      server.json(`/hermes/v1/sessions/${id}`);
    await signIn(`?session=${id}`);
    await page.getByRole('button', { name: plain?.title ?? '' }).click();
    await page.getByLabel('Title', { exact: true }).fill('Renamed in the console');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Renamed in the console' }).waitFor();
    await page.getByRole('button', { name: 'Pin', exact: true }).click();
    await page.getByRole('button', { name: 'Unpin', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Archive', exact: true }).click();
    await page.getByRole('button', { name: 'Unarchive', exact: true }).waitFor();
    expect(await read()).toMatchObject({ title: 'Renamed in the console', pinned: true, archived: true });
    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByText('this cannot be undone').waitFor();
    await page.getByRole('button', { name: 'Keep' }).click();
    expect((await server.get(`/hermes/v1/sessions/${id}`)).status).toBe(200);
    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('button', { name: 'Delete for good' }).click();
    await page.getByText('Choose a conversation').waitFor();
    expect((await server.get(`/hermes/v1/sessions/${id}`)).status).toBe(404);
  });

  it('deletes what an agent is in the middle of only where that is said twice', async () => {
    const id = await addSession({ id: 'at-work', title: 'An agent at work' }, ['Go on, please']);
    const writer = HistoryWriter.open(path);
    writer.db
      .prepare(
        "INSERT INTO session_turn_leases (conversation_id, holder, acquired_at, expires_at) VALUES (?, 'agent', 0, ?)",
      )
      .run(id, Date.now() / 1000 + 3600);
    writer.close();
    await signIn(`?session=${id}`);
    const agree = async (button: string): Promise<void> => {
      await page.getByRole('button', { name: button }).click();
      await page.getByRole('button', { name: 'Delete for good' }).click();
    };
    await agree('Delete…');
    await page.getByText('An agent is in the middle of this conversation.').waitFor();
    expect((await server.get(`/hermes/v1/sessions/${id}`)).status).toBe(200);
    await agree('Delete all the same…');
    await page.getByText('Choose a conversation').waitFor();
    expect((await server.get(`/hermes/v1/sessions/${id}`)).status).toBe(404);
  });

  it('shows images of the history, and code as code', async () => {
    const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } };
    const id = await addSession({ id: 'pictures', title: 'Pictures' }, [
      `\u0000json:${JSON.stringify([{ type: 'text', text: 'Look at `this`:' }, image])}`,
      '```ts\nconst answer = 42;\n```\n\n| a | b |\n| - | - |\n| 1 | 2 |',
    ]);
    await signIn(`?session=${id}`);
    await page.getByAltText('Part of the message').waitFor();
    expect(
      await page
        .getByAltText('Part of the message')
        .evaluate((found) => (found as HTMLImageElement).naturalWidth),
    ).toBe(1);
    expect(await page.locator('.message pre code').textContent()).toBe('const answer = 42;\n');
    expect(await page.locator('.message table td').allTextContents()).toEqual(['1', '2']);
  });

  it('leads to what a conversation came from, and what it led to', async () => {
    const { data } = await list('limit=200&archived=any&include_children=true');
    const child = data.find(
      ({ parent_session_id: parent, chain_length: length }) => parent !== null && length === 1,
    );
    await signIn(`?session=${child?.id ?? ''}`);
    await page.getByRole('button', { name: `came from ${child?.parent_session_id ?? ''}` }).click();
    await page.getByRole('button', { name: `led to ${child?.id ?? ''}` }).waitFor();
    expect(new URL(page.url()).searchParams.get('session')).toBe(child?.parent_session_id);
  });

  it('exports a conversation as a file', async () => {
    const { data } = await list('limit=1');
    await signIn(`?session=${data[0]?.id ?? ''}`);
    const saving = page.waitForEvent('download');
    await page.getByLabel('Export').selectOption('Markdown');
    const download = await saving;
    expect(download.suggestedFilename()).toBe(`${data[0]?.id ?? ''}.md`);
    const [head = ''] = readFileSync(await download.path(), 'utf8').split('\n');
    expect(head).toMatch(/^# /);
  });

  it('stays where it was scrolled to when a conversation is opened', async () => {
    await signIn();
    const scroller = page.getByRole('listbox');
    await scroller.evaluate((element) => {
      element.scrollTo({ top: 6200 });
    });
    await page.locator('#row-104 .row-title').click();
    await page.locator('.message').first().waitFor();
    expect(await scroller.evaluate((element) => element.scrollTop)).toBe(6200);
  });

  it('says why a title cannot be had', async () => {
    const { data } = await list('limit=50');
    const [one, other] = data.filter(({ title }) => title !== null);
    await signIn(`?session=${one?.id ?? ''}`);
    await page.getByRole('button', { name: one?.title ?? '' }).click();
    await page.getByLabel('Title', { exact: true }).fill(other?.title ?? '');
    await page.keyboard.press('Enter');
    await page.getByText('Another conversation has this title already.').waitFor();
  });

  it('changes many at once', async () => {
    const { total } = await list('limit=1');
    await signIn();
    for (const at of [0, 1, 2])
      await rows()
        .nth(at)
        .click({ modifiers: ['Control'] });
    await page.getByText('3 conversations selected').waitFor();
    await page.getByRole('button', { name: 'Archive', exact: true }).click();
    await page.getByText(`${total - 3} conversations`).waitFor();
    expect((await list('limit=1')).total).toBe(total - 3);
    // Without any key as well, as on a phone.
    await page.getByRole('button', { name: 'Select', exact: true }).click();
    const chosen = await list('limit=2');
    for (const at of [0, 1]) await rows().nth(at).click();
    await page.getByText('2 conversations selected').waitFor();
    expect(await opened.accessibilityProblems()).toEqual([]);
    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('button', { name: 'Delete for good' }).click();
    await page.getByText(`${total - 5} conversations`).waitFor();
    for (const { id } of chosen.data)
      expect((await server.get(`/hermes/v1/sessions/${id}`)).status).toBe(404);
  });

  it('shows by itself what happens', async () => {
    const { total } = await list('limit=1');
    await signIn();
    const writer = HistoryWriter.open(path);
    writer.together(() => {
      const now = Date.now() / 1000;
      writer.addSession({ id: 'just-now', source: 'cli', title: 'It happened just now', started_at: now });
      writer.addMessage({ session_id: 'just-now', role: 'user', content: 'Hello there', timestamp: now });
    });
    await page.getByText('It happened just now').waitFor();
    expect(await summary().textContent()).toBe(`${total + 1} conversations`);
    await page.getByText('It happened just now').click();
    await page.getByText('Hello there').last().waitFor();
    writer.addMessage({
      ...{ session_id: 'just-now', role: 'assistant', timestamp: Date.now() / 1000 },
      content: 'An answer **in bold**',
    });
    await page.locator('strong', { hasText: 'in bold' }).waitFor();
    // Whoever reads the end goes on reading what comes, and whoever reads something else is left alone.
    const saySixty = (word: string): void => {
      writer.together(() => {
        for (let at = 1; at <= 60; at++)
          writer.addMessage({
            ...{ session_id: 'just-now', role: 'assistant', timestamp: Date.now() / 1000 },
            content: `${word} ${at}`,
          });
      });
    };
    const messages = page.getByRole('log');
    saySixty('More');
    await page.getByText('More 60', { exact: true }).waitFor();
    await messages.evaluate((element) => {
      element.scrollTo({ top: 0 });
    });
    await page.getByText('Hello there').last().waitFor();
    const height = await messages.evaluate((element) => element.scrollHeight);
    saySixty('Again');
    await page.waitForFunction(
      (before) => (document.querySelector('[role="log"]')?.scrollHeight ?? 0) > before + 1000,
      height,
    );
    expect(await messages.evaluate((element) => element.scrollTop)).toBe(0);
    writer.close();
  });

  it('is used without a mouse', async () => {
    const { data } = await list('limit=3');
    await signIn();
    await page.keyboard.press('?');
    await page.getByRole('dialog').getByText('Keyboard').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await page.locator('.conversation-header').waitFor();
    expect(new URL(page.url()).searchParams.get('session')).toBe(data[1]?.id);
    await page.keyboard.press('Escape');
    await page.getByText('Choose a conversation').waitFor();
    await page.keyboard.press('x');
    await page.getByText('1 conversation selected').waitFor();
  });

  it('counts, and shows what would go before anything goes', async () => {
    const statistics = await server.json<{ conversations: number }>('/hermes/v1/sessions/stats');
    await enterConsole(page, `${url}?page=statistics`);
    await page
      .locator('.figure', { hasText: 'conversations' })
      .getByText(statistics.conversations.toLocaleString('en-GB'), { exact: true })
      .waitFor();
    const chart = page.getByRole('img', {
      name: /^Conversations of \d+ days; \d+ on the day with the most$/,
    });
    await chart.locator('canvas').waitFor();
    await page.getByLabel('What is counted').selectOption('Cost');
    await page
      .getByRole('img', { name: /^Cost of \d+ days; US\$[\d.,]+ on the day with the most$/ })
      .waitFor();
    await page.getByLabel('What is counted').selectOption('Conversations');
    expect(await opened.accessibilityProblems()).toEqual([]);
    await picture('statistics');
    const button = page.locator('.prune > button');
    expect(await button.isDisabled()).toBe(true);
    await page.getByLabel('Without activity for').selectOption('30d');
    await page.getByRole('button', { name: 'Show what would go' }).click();
    await page.getByText('What is open or pinned stays.').waitFor();
    expect((await list('limit=1&archived=true')).total).toBeLessThan(30);
    const [, count = ''] = /Archive (\d+)/.exec((await button.textContent()) ?? '') ?? [];
    await button.click();
    await page.getByText(`${count} conversations done`).waitFor();
    expect((await list('limit=1&archived=true')).total).toBeGreaterThan(Number(count));
  });

  it('can be read in the dark and on a narrow screen', async () => {
    await opened.close();
    opened = await BrowserPage.open(browser, {
      viewport: { width: 390, height: 800 },
      colorScheme: 'dark',
    });
    page = opened.page;
    await signIn();
    expect(await opened.accessibilityProblems()).toEqual([]);
    await rows().first().click();
    await page.locator('.message').first().waitFor();
    expect(await page.locator('.history').isVisible()).toBe(false);
    expect(await opened.accessibilityProblems()).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await page.getByRole('button', { name: 'Back to the list' }).click();
    await rows().first().waitFor();
  });

  it('says that the server is away, and goes on by itself when it is back', async () => {
    await signIn();
    await page.route('**/v1/**', (route) => route.abort());
    await page.keyboard.press('/');
    await page.keyboard.type('postgres');
    await page.getByText('The server does not answer.').waitFor({ timeout: 30_000 });
    await page.unroute('**/v1/**');
    await page.getByRole('button', { name: 'Try again' }).first().click();
    const { total } = await list('search=postgres&limit=1');
    await page.getByText(`${total} conversations`).waitFor();
  });
});
