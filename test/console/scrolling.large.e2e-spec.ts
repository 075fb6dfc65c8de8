// What runs in the page is written here as well.
/// <reference lib="dom" />

import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { BrowserPage, describeInBrowser, enterConsole, startBrowser } from '../support/browser.js';
import { hour, say, smallHistory, withManySessions } from '../support/histories.js';
import { atLength } from '../support/rounds.js';
import { TestServer } from '../support/server.js';

/** A year of a busy team, or enough that neither list fits into a page many times over. */
const CONVERSATIONS = atLength(55_000, 6000);
const MESSAGES = atLength(100_000, 12_000);
const MIDDLE = Math.floor(MESSAGES / 2) + 321;

describeInBrowser('the console on a large history', () => {
  it(`scrolls through ${CONVERSATIONS} conversations and reads ${MESSAGES} messages without stopping`, async () => {
    const path = withManySessions(smallHistory(25), CONVERSATIONS);
    const writer = HistoryWriter.open(path);
    writer.together(() => {
      writer.addSession({ id: 'endless', source: 'cli', started_at: hour(0), title: 'Endless' });
      for (let at = 0; at < MESSAGES; at++)
        say(
          writer,
          'endless',
          at % 2 === 0 ? 'user' : 'assistant',
          `Message number ${at} of many`,
          hour(0) + at,
        );
    });
    writer.close();
    const server = await TestServer.onFile(path);
    while ((await server.get('/readyz')).status !== 200);
    const url = `${await server.app.getUrl()}/console/`;
    const { total } = await server.json<SessionListResponse>('/v1/sessions?limit=1');
    const browser = await startBrowser();
    const opened = await BrowserPage.open(browser);
    const { page } = opened;
    await enterConsole(page, url);
    await page.getByText(`${total.toLocaleString('en-GB')} conversations`).waitFor();
    const scroller = page.getByRole('listbox');
    for (const share of [0.1, 0.35, 0.6, 0.85, 1]) {
      await scroller.evaluate((element, part) => {
        element.scrollTop = part * (element.scrollHeight - element.clientHeight);
      }, share);
      await page.locator('.row .row-title').first().waitFor();
      await page.waitForFunction(() => document.querySelectorAll('.row .row-title').length > 8);
      // However many there are, the page holds a few dozen.
      expect(await page.locator('.row').count()).toBeLessThan(60);
    }
    const last = await server.json<SessionListResponse>(`/v1/sessions?limit=1&offset=${total - 1}`);
    const title = last.data[0]?.title ?? last.data[0]?.preview ?? '';
    await page
      .getByText(title === '' ? (last.data[0]?.id ?? '') : title)
      .last()
      .waitFor();
    // Opened at its end, at the very beginning, and in the middle, where a search would lead.
    await page.goto(`${url}?session=endless`);
    await page.getByText(`Message number ${MESSAGES - 1} of many`).waitFor();
    await page.getByRole('log').evaluate((element) => {
      element.scrollTop = 0;
    });
    await page.getByText('Message number 0 of many', { exact: true }).waitFor();
    const { data } = await server.json<{ data: { id: number; content: string }[] }>(
      `/v1/sessions/endless/messages?limit=1&offset=${MIDDLE}`,
    );
    await page.goto(`${url}?session=endless&message=${data[0]?.id ?? 0}`);
    await page.locator('.message[data-sought]', { hasText: `Message number ${MIDDLE} of many` }).waitFor();
    expect(await page.locator('.message').count()).toBeLessThan(60);
    expect(opened.problems).toEqual([]);
    await browser.close();
    await server.close();
  });
});
