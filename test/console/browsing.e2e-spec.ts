// What runs in the page is written here as well.
/// <reference lib="dom" />

import type { Page } from 'playwright-core';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { describeInBrowser } from '../support/browser.js';
import { openForEach, type TestConsole } from '../support/console.js';
import { TEST_KEY } from '../support/test-key.js';

/** An image of one pixel. */
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

describeInBrowser('the console', () => {
  let view: TestConsole;
  let page: Page;

  const reopen = openForEach((opened) => {
    view = opened;
    ({ page } = opened);
  });

  it('lets nobody in without a key, and keeps a right one nowhere', async () => {
    await page.goto(view.url);
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    await page.getByLabel('Server key').fill('wrong-key-00000000');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('This key is not valid.').waitFor();
    await view.signIn();
    const kept = await page.evaluate(
      () => JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.cookie,
    );
    expect(kept).not.toContain(TEST_KEY);
    await page.reload();
    await view.rows.first().waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Server key').waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });

  it('is served with a policy that allows nothing foreign, and hashed names for a year', async () => {
    const index = await fetch(view.url);
    const policy = index.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).not.toMatch(/unsafe|https?:/);
    expect(index.headers.get('cache-control')).toBe('private, no-cache');
    for (const path of ['?/assets/', 'sign-in.json?/assets/', 'index.html?/assets/']) {
      const named = await fetch(view.url + path);
      expect([path, named.status, named.headers.get('cache-control')]).toEqual([
        path,
        200,
        'private, no-cache',
      ]);
      await named.text();
    }
    const [, asset = ''] = /src="\.\/(assets\/[^"]+\.js)"/.exec(await index.text()) ?? [];
    // Each answer is read to its end: a server waits for those who do not before it stops.
    const script = await fetch(view.url + asset);
    expect(script.status).toBe(200);
    await script.text();
    expect(script.headers.get('cache-control')).toContain('immutable');
    const requests: string[] = [];
    page.on('request', (request) => requests.push(new URL(request.url()).origin));
    await view.signIn();
    expect(new Set(requests)).toEqual(new Set([new URL(view.url).origin]));
    const gzipped = await fetch(view.url + asset, { headers: { 'accept-encoding': 'gzip' } });
    expect(gzipped.headers.get('content-encoding')).toBe('gzip');
    await gzipped.text();
    const redirected = await fetch(view.url.slice(0, -1), { redirect: 'manual' });
    await redirected.text();
    expect(redirected.headers.get('location')).toMatch(/\/hermes\/console\/$/);
  });

  it('is loaded with less than 200 kB of scripts and styles', async () => {
    await view.signIn();
    const received = await page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .filter(({ name }) => name.includes('/assets/'))
        .reduce((sum, entry) => sum + (entry as PerformanceResourceTiming).encodedBodySize, 0),
    );
    expect(received).toBeGreaterThan(10_000);
    expect(received).toBeLessThan(200_000);
  });

  it('shows a conversation a row, in the order and number of the API, and what is hidden', async () => {
    const { total, hidden } = await view.list('limit=5');
    const data = await view.listed();
    await view.signIn();
    expect(await view.summary.textContent()).toBe(`${total} conversations`);
    const first = await view.rows.first().textContent();
    expect(first).toContain(data[0]?.title ?? data[0]?.preview ?? '');
    expect(first).toContain(data[0]?.platform);
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    await view.picture('list');
    await page.getByRole('button', { name: `Show ${hidden.archived} archived` }).click();
    await page.getByText(`${total + hidden.archived} conversations`).waitFor();
    expect(new URL(page.url()).searchParams.get('archived')).toBe('any');
  });

  it('searches as one types, marks the hits, and opens the message that was found', async () => {
    await view.signIn();
    await page.keyboard.press('/');
    await page.keyboard.type('readiness', { delay: 15 });
    const { total, data } = await view.list('search=readiness&limit=1');
    await page.getByText(`${total} conversations`).waitFor();
    const hit = view.rows.first().locator('mark').first();
    expect((await hit.textContent())?.toLowerCase()).toContain('readiness');
    expect(new URL(page.url()).searchParams.get('q')).toBe('readiness');
    await view.rows.first().click();
    const sought = page.locator('.message[data-sought]');
    await sought.waitFor();
    await view.picture('search');
    expect(new URL(page.url()).searchParams.get('message')).toBe(String(data[0]?.match?.message_id));
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    // The address is all that somebody else needs.
    await page.goto(page.url());
    await sought.waitFor();
    await page.goBack();
    await page.getByText('Select a conversation').waitFor();
  });

  it('narrows the list down by its filters, all of which stand in the address', async () => {
    const { total } = await view.list('platform=telegram&archived=any');
    await view.signIn('?platform=telegram&archived=any');
    await page.getByText(`${total} conversations`).waitFor();
    await page.getByText('Filters', { exact: true }).click();
    const platforms = page.locator('.filters').getByRole('group', { name: 'Platform' });
    await platforms.getByLabel('cron').check();
    const both = await view.list('platform=telegram&platform=cron&archived=any');
    expect(both.total).toBeGreaterThan(total);
    await page.getByText(`${both.total} conversations`).waitFor();
    await platforms.getByLabel('telegram').uncheck();
    const cron = await view.list('platform=cron&archived=any');
    await page.getByText(`${cron.total} conversations`).waitFor();
    await page.locator('.filters').getByLabel('Started before').fill('2001-01-01');
    await page.getByText('No matches.').waitFor();
    await page.getByRole('button', { name: 'Clear search and filters' }).click();
    await view.rows.first().waitFor();
    expect(new URL(page.url()).search).toBe('');
  });

  it('shows a compressed conversation as one, with a seam, and everything folded that is not talk', async () => {
    const { data } = await view.list('limit=200&archived=any');
    const chain = data.find(({ chain_length: length }) => length > 1);
    await view.signIn(`?archived=any&session=${chain?.id ?? ''}`);
    await page.locator('.message').last().waitFor();
    await page.locator('.messages').evaluate((element) => {
      element.scrollTo({ top: 0 });
    });
    await page.locator('.message[data-role="user"]').first().waitFor();
    await page.getByText(`compressed ${(chain?.chain_length ?? 2) - 1} time`).waitFor();
    await page.locator('.seam').first().waitFor({ state: 'attached' });
    await view.picture('conversation');
    const working = data.find(({ tool_call_count: calls }) => calls > 0);
    await page.goto(`${view.url}?archived=any&session=${working?.id ?? ''}`);
    const step = page.locator('.step').first();
    await step.waitFor();
    expect(await step.locator('summary').innerText()).toContain('✓');
    expect(await step.evaluate((element) => element.hasAttribute('open'))).toBe(false);
  });

  it('shows images of the history, and code as code', async () => {
    const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } };
    const id = await view.addSession({ id: 'pictures', title: 'Pictures' }, [
      `\u0000json:${JSON.stringify([{ type: 'text', text: 'Look at `this`:' }, image])}`,
      '```ts\nconst answer = 42;\n```\n\n| a | b |\n| - | - |\n| 1 | 2 |',
    ]);
    await view.signIn(`?session=${id}`);
    await page.getByAltText('Image in the message').waitFor();
    expect(
      await page
        .getByAltText('Image in the message')
        .evaluate((found) => (found as HTMLImageElement).naturalWidth),
    ).toBe(1);
    expect(await page.locator('.message pre code').textContent()).toBe('const answer = 42;\n');
    expect(await page.locator('.message table td').allTextContents()).toEqual(['1', '2']);
  });

  it('leads to what a conversation came from, and what it led to', async () => {
    const { data } = await view.list('limit=200&archived=any&include_children=true');
    const child = data.find(
      ({ parent_session_id: parent, chain_length: length }) => parent !== null && length === 1,
    );
    await view.signIn(`?session=${child?.id ?? ''}`);
    const parent = data.find(({ id }) => id === child?.parent_session_id);
    const name = (one: typeof parent): string => one?.title ?? one?.preview ?? '';
    await page.getByRole('button', { name: `started from ${name(parent)}` }).click();
    await page
      .getByRole('button', { name: `led to ${name(child)}` })
      .first()
      .waitFor();
    expect(new URL(page.url()).searchParams.get('session')).toBe(child?.parent_session_id);
  });

  it('stays where it was scrolled to when a conversation is opened', async () => {
    await view.signIn();
    const scroller = page.getByRole('listbox');
    await scroller.evaluate((element) => {
      element.scrollTo({ top: 6200 });
    });
    const row = page.locator('#row-104');
    await row.locator('.row-title').waitFor();
    const place = (): Promise<number | undefined> => row.boundingBox().then((box) => box?.y);
    const before = await place();
    await row.click();
    await page.locator('.message').first().waitFor();
    expect(await place()).toBe(before);
  });

  it('shows by itself what happens', async () => {
    const { total } = await view.list('limit=1');
    await view.signIn();
    const writer = HistoryWriter.open(view.path);
    writer.together(() => {
      const now = Date.now() / 1000;
      writer.addSession({ id: 'just-now', source: 'cli', title: 'It happened just now', started_at: now });
      writer.addMessage({ session_id: 'just-now', role: 'user', content: 'Hello there', timestamp: now });
    });
    await page.getByText('It happened just now').waitFor();
    expect(await view.summary.textContent()).toBe(`${total + 1} conversations`);
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
    const data = await view.listed();
    await view.signIn();
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
    await page.getByText('Select a conversation').waitFor();
    await page.keyboard.press('x');
    await page.getByText('1 conversation selected').waitFor();
  });

  it('can be read in the dark and on a narrow screen', async () => {
    await reopen({
      viewport: { width: 390, height: 800 },
      colorScheme: 'dark',
    });
    await view.signIn();
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    await view.rows.first().click();
    await page.locator('.message').first().waitFor();
    expect(await page.locator('.history').isVisible()).toBe(false);
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await page.getByRole('button', { name: 'Back to the list' }).click();
    await view.rows.first().waitFor();
  });

  it('says that the server is away, and goes on by itself when it is back', async () => {
    await view.signIn();
    await page.route('**/v1/**', (route) => route.abort());
    await page.keyboard.press('/');
    await page.keyboard.type('postgres');
    await page.getByText('The server is not responding.').waitFor({ timeout: 30_000 });
    await page.unroute('**/v1/**');
    const { total } = await view.list('search=postgres&limit=1');
    await page.getByText(`${total} conversations`).waitFor();
  });
});
