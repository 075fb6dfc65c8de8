// What runs in the page is written here as well.
/// <reference lib="dom" />

import type { Page } from 'playwright-core';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { describeInBrowser } from '../support/browser.js';
import { openForEach, type TestConsole } from '../support/console.js';
import { say } from '../support/histories.js';
import { TEST_KEY } from '../support/test-key.js';
import { until } from '../support/wait.js';

/** Listeners that browsers have room for at a server without HTTP/2. */
const CONNECTIONS = 6;

/** Hides a page, or shows it, as a browser does that shows another tab: one without a screen shows all of them. */
async function setSeen(page: Page, isSeen: boolean): Promise<void> {
  const hide = (state: string): void => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
    document.dispatchEvent(new Event('visibilitychange'));
  };
  const state = isSeen ? 'visible' : 'hidden';
  await page.addInitScript(hide, state);
  await page.evaluate(hide, state);
}

describeInBrowser('several tabs of the console', () => {
  let view: TestConsole;
  let page: Page;

  openForEach((opened) => {
    view = opened;
    ({ page } = opened);
  });

  const openTab = async (query = '', isSeen = true): Promise<Page> => {
    const tab = await page.context().newPage();
    await setSeen(tab, isSeen);
    await tab.goto(view.url + query);
    return tab;
  };

  const rowsOf = (tab: Page): ReturnType<Page['locator']> => tab.getByRole('listbox').getByRole('option');

  const live = (tab: Page): Promise<void> => tab.getByText('live', { exact: true }).waitFor();

  it('answer all of them, however many are open', async () => {
    await view.signIn();
    await live(page);
    for (let at = 0; at < CONNECTIONS; at++) {
      const tab = await openTab();
      await rowsOf(tab).first().waitFor();
      await live(tab);
      await setSeen(tab, false);
    }
    await view.rows.nth(3).click();
    await page.locator('.message').first().waitFor();
  });

  it('show what happened while they were not seen', async () => {
    const id = await view.addSession({ id: 'seen-later', title: 'Seen later' }, ['One', 'Two']);
    await view.signIn(`?session=${id}`);
    await live(page);
    const behind = await openTab(`?session=${id}`, false);
    for (const tab of [page, behind]) await tab.locator('.message').getByText('Two').waitFor();
    await setSeen(page, false);
    const asked: string[] = [];
    for (const tab of [page, behind]) tab.on('request', (request) => asked.push(request.url()));
    const writer = HistoryWriter.open(view.path);
    say(writer, id, 'user', 'Three', Date.now() / 1000);
    writer.close();
    await until(async () =>
      (await view.server.get(`/hermes/v1/sessions/${id}/messages`)).text.includes('Three'),
    );
    for (const tab of [page, behind]) {
      expect(await tab.locator('.message').getByText('Three').count()).toBe(0);
      await setSeen(tab, true);
      await tab.locator('.message').getByText('Three').waitFor();
      await live(tab);
    }
    expect(asked.filter((url) => url.includes('/events'))).toHaveLength(2);
  });

  it('go on together where somebody signs in anew in one of them', async () => {
    await view.signIn();
    await live(page);
    await page.context().clearCookies();
    await view.rows.nth(3).click();
    const dialog = page.getByRole('dialog', { name: 'You have been signed out' });
    await dialog.waitFor();
    const tab = await openTab();
    await tab.getByLabel('Server key').fill(TEST_KEY);
    await tab.getByRole('button', { name: 'Sign in' }).click();
    await rowsOf(tab).first().waitFor();
    await dialog.waitFor({ state: 'detached' });
    await page.locator('.message').first().waitFor();
    await live(page);
  });

  it('ask a server on this machine while there is no network', async () => {
    await view.signIn();
    await page.evaluate(() => dispatchEvent(new Event('offline')));
    await view.rows.nth(3).click();
    await page.locator('.message').first().waitFor();
    await page.getByRole('button', { name: 'Archive', exact: true }).click();
    await page.getByRole('button', { name: 'Unarchive', exact: true }).waitFor();
  });
});
