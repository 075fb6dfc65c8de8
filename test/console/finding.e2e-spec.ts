// What runs in the page is written here as well.
/// <reference lib="dom" />

import type { Page } from 'playwright-core';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { describeInBrowser } from '../support/browser.js';
import { openForEach, type TestConsole } from '../support/console.js';
import { assistant, result, user, WORK, writeConversation, type Said } from '../support/conversation.js';
import { until } from '../support/wait.js';

describeInBrowser('finding inside a conversation in the console', () => {
  let view: TestConsole;
  let page: Page;

  openForEach((opened) => {
    view = opened;
    ({ page } = opened);
  });

  /** Pixels from the middle of the window to the first mark of the message that is looked for. */
  function distanceOfHit(): Promise<number | undefined> {
    return page.evaluate(() => {
      const [mark] = (CSS.highlights.get('found-here') as Iterable<Range> | undefined) ?? [];
      const window = document.querySelector('.messages')?.getBoundingClientRect();
      if (mark === undefined || window === undefined) return undefined;
      const { top, height } = mark.getBoundingClientRect();
      return Math.abs(top + height / 2 - window.top - window.height / 2);
    });
  }

  function marked(): Promise<readonly string[]> {
    return page.evaluate(() =>
      ['found', 'found-here'].flatMap((name) =>
        [...((CSS.highlights.get(name) as Iterable<Range> | undefined) ?? [])].map(String),
      ),
    );
  }

  it('asks for all that a link shows at once: nothing waits for something else', async () => {
    const [, hit = 0] = await writeConversation(view, 'linked', [
      user('Which tree?'),
      user('The quince tree'),
    ]);
    await view.signIn();
    const asked: string[] = [];
    const held: (() => void)[] = [];
    await page.route(/\/v1\/sessions[/?]/, async (route) => {
      const { pathname, searchParams } = new URL(route.request().url());
      if (pathname.endsWith('/events')) return route.continue();
      asked.push([pathname.split('/v1/')[1], ...searchParams.keys()].join(' '));
      await new Promise<void>((release) => held.push(release));
      await route.continue();
    });
    await page.goto(`${view.url}?q=quince&session=linked&message=${hit}`);
    await until(() => asked.length >= 5);
    expect(asked.map((request) => request.split(' ')[0]).sort()).toEqual([
      'sessions',
      'sessions',
      'sessions/linked',
      'sessions/linked/messages',
      'sessions/linked/messages',
    ]);
    expect(asked.filter((request) => request.includes('around'))).toHaveLength(1);
    for (const release of held) release();
    await until(async () => (await marked()).length === 1);
  });

  it('finds inside a conversation, and steps from hit to hit', async () => {
    const filler = (at: number): Said =>
      at % 2 === 0 ? user(`Question ${at}`) : assistant(`Answer ${at}\n\n`.repeat(9));
    const said = Array.from({ length: 300 }, (_, at) => filler(at));
    said[40] = user('The first quince of the year');
    said.splice(150, 5, ...WORK.slice(1), user('Let us talk about quince jam'));
    said[153] = result('c2', 'read_file', 'const quince = 1;');
    await writeConversation(view, 'found', said);
    await view.signIn('?session=found');
    await page.getByText('Answer 299').first().waitFor();
    // Whoever types at once types into the field: `e` and `p` elsewhere archive and pin.
    await page.keyboard.press('Control+f');
    await page.keyboard.type('pie quince');
    await page.getByText('No results').waitFor();
    await page.keyboard.press('Control+a');
    await page.keyboard.type('quince');
    expect(await view.server.json('/hermes/v1/sessions/found')).toMatchObject({
      archived: false,
      pinned: false,
    });
    const status = page.locator('.find [role="status"]');
    await page.getByText('1 of 3').waitFor();
    // At the scroll bar stands where they are: one near the beginning, and two beside each other in the middle.
    await until(async () => (await page.locator('.ticks [data-here]').count()) === 1);
    const ticks = await page
      .locator('.ticks span:not([data-here])')
      .evaluateAll((found) => found.map((tick) => parseFloat((tick as HTMLElement).style.top)));
    expect(ticks.length).toBeGreaterThan(1);
    expect(Math.min(...ticks)).toBeLessThan(30);
    expect(Math.max(...ticks)).toBeGreaterThan(35);
    await until(
      async () => ((await distanceOfHit()) ?? Infinity) < 20,
      'The hit in the middle of the window',
    );
    await page.keyboard.press('Enter');
    await page.getByText('2 of 3').waitFor();
    // What holds a hit is opened, however deep it is folded.
    await page.locator('.step .terminal', { hasText: 'const quince = 1;' }).waitFor();
    await until(
      async () => ((await distanceOfHit()) ?? Infinity) < 20,
      'The hit in the middle of the window',
    );
    await page.keyboard.press('Enter');
    await page.getByText('3 of 3').waitFor();
    await until(
      async () => ((await distanceOfHit()) ?? Infinity) < 20,
      'The hit in the middle of the window',
    );
    expect(new Set(await marked())).toEqual(new Set(['quince']));
    await page.keyboard.press('Shift+Enter');
    await page.getByText('2 of 3').waitFor();
    await page.getByRole('log').focus();
    await page.keyboard.press('n');
    await page.getByText('3 of 3').waitFor();
    await page.keyboard.press('N');
    await page.getByText('2 of 3').waitFor();
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    await page.keyboard.press('Escape');
    await status.waitFor({ state: 'detached' });
    expect(await marked()).toEqual([]);
    expect(await page.locator('.ticks').count()).toBe(0);
    // The conversation is still open.
    expect(await page.evaluate(() => document.activeElement?.className)).toBe('messages');
    await page.keyboard.press('f');
    await page.keyboard.type('nowhere at all');
    await page.getByText('No results').waitFor();
  });

  it('shows a hit of the list marked in the middle of the window, asked for with three requests', async () => {
    const said = Array.from({ length: 400 }, (_, at) => user(`Line ${at}`));
    said[170] = user(`${'Something long before it. '.repeat(60)} the persimmon tree`);
    said[371] = assistant('Another persimmon tree');
    const ids = await writeConversation(view, 'hit', said);
    await view.signIn('?q=persimmon');
    const requests: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/v1/sessions/hit')) requests.push(request.url());
    });
    await page.getByText('1 conversation', { exact: true }).waitFor();
    await view.rows.first().click();
    await page.getByText(/^[12] of 2$/).waitFor();
    await until(
      async () => ((await distanceOfHit()) ?? Infinity) < 20,
      'The hit in the middle of the window',
    );
    // What is asked once more, since the server told meanwhile that the conversation was written, is the same.
    expect(new Set(requests).size).toBeLessThanOrEqual(3);
    await page.goto(`${view.url}?q=persimmon&session=hit&message=${ids[170] ?? 0}`);
    await page.getByText('1 of 2').waitFor();
    await until(
      async () => ((await distanceOfHit()) ?? Infinity) < 20,
      'The hit in the middle of the window',
    );
    await page.getByRole('button', { name: 'Next result' }).click();
    await page.getByText('2 of 2').waitFor();
    await until(
      async () => ((await distanceOfHit()) ?? Infinity) < 20,
      'The hit in the middle of the window',
    );
    expect(new URL(page.url()).searchParams.get('message')).toBe(String(ids[371]));
  });

  it('goes to what came next where a message is not there any more, and does not ask for it again', async () => {
    const ids = await writeConversation(
      view,
      'gone',
      Array.from({ length: 250 }, (_, at) => user(`Line ${at}`)),
    );
    const writer = HistoryWriter.open(view.path);
    writer.db.prepare('UPDATE messages SET active = 0 WHERE id IN (?, ?)').run(ids[120], ids[249]);
    writer.close();
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await view.signIn(`?session=gone&message=${ids[120] ?? 0}`);
    await page.locator('.message[data-sought]', { hasText: 'Line 121' }).waitFor();
    await until(() => Promise.resolve(new URL(page.url()).searchParams.get('message') === String(ids[121])));
    expect(requests.filter((url) => url.includes(`around=${ids[120] ?? 0}`))).toHaveLength(1);
    expect(requests.filter((url) => url.includes(`around=${ids[121] ?? 0}`))).toHaveLength(1);
    await page.goto(`${view.url}?session=gone&message=${ids[249] ?? 0}`);
    await page.getByText('Line 248', { exact: true }).waitFor();
  });
});
