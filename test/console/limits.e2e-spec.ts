// What runs in the page is written here as well.
/// <reference lib="dom" />

import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { BrowserPage, describeInBrowser, enterConsole, startBrowser } from '../support/browser.js';
import { hour, say, smallHistory, withManySessions } from '../support/histories.js';
import { HOSTILE_TEXTS } from '../support/hostile.js';
import { temporaryFolder, TestServer } from '../support/server.js';

describeInBrowser('the console on a hostile history', () => {
  it('shows nothing but text', async () => {
    const path = join(temporaryFolder(), 'state.db');
    const writer = HistoryWriter.create(path, 25);
    writer.together(() => {
      for (const [at, text] of HOSTILE_TEXTS.entries()) {
        const id = `hostile-${at}`;
        writer.addSession({
          id,
          source: '<b>x</b>',
          started_at: 1_777_600_000 + at,
          title: `${text.slice(0, 80)} ${at}`,
        });
        for (const role of ['user', 'assistant', 'tool'])
          writer.addMessage({
            session_id: id,
            role,
            content: text,
            timestamp: 1_777_600_000 + at,
            reasoning: text,
          });
      }
      const image = JSON.stringify([
        { type: 'image_url', image_url: { url: 'https://evil.example/pixel.png' } },
        {
          type: 'image_url',
          image_url: { url: 'data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==' },
        },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(6_000_000)}` } },
      ]);
      writer.addSession({ id: 'images', source: 'cli', started_at: 1_777_700_000, title: 'Images' });
      writer.addMessage({
        ...{ session_id: 'images', role: 'user', timestamp: 1_777_700_000 },
        content: `\u0000json:${image}`,
      });
    });
    writer.close();
    const server = await TestServer.onFile(path);
    const url = `${await server.app.getUrl()}/console/`;
    const browser = await startBrowser();
    const opened = await BrowserPage.open(browser);
    const { page } = opened;
    const foreign: string[] = [];
    page.on('request', (request) => {
      if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(url.replace('console/', '')))
        foreign.push(request.url());
    });
    await enterConsole(page, url);
    await page.getByRole('listbox').getByRole('option').first().waitFor();
    const found = new Set<string>();
    for (const at of [...HOSTILE_TEXTS.keys(), -1]) {
      await page.evaluate(
        ([id]) => {
          history.pushState(null, '', `?session=${id ?? ''}`);
          dispatchEvent(new PopStateEvent('popstate'));
        },
        [at < 0 ? 'images' : `hostile-${at}`],
      );
      await page.locator('.conversation .message').first().waitFor();
      const names = await page.evaluate(() => {
        const inside = [...document.querySelectorAll('.conversation *, .row *')];
        const links = [...document.querySelectorAll('.conversation a')].map(
          (link) => `a:${new URL((link as HTMLAnchorElement).href, location.href).protocol}`,
        );
        const handlers = inside.filter((element) =>
          [...element.attributes].some(({ name }) => name.startsWith('on')),
        );
        return [...inside.map(({ localName }) => localName), ...links, ...handlers.map(() => 'handler')];
      });
      for (const name of names) found.add(name);
    }
    await page.getByRole('button', { name: /Show an image of 5 MB/ }).waitFor();
    for (const name of [
      'script',
      'iframe',
      'svg',
      'style',
      'object',
      'embed',
      'handler',
      'a:javascript:',
      'a:data:',
      'a:vbscript:',
    ])
      expect([...found]).not.toContain(name);
    expect(foreign).toEqual([]);
    expect(opened.problems).toEqual([]);
    await browser.close();
    await server.close();
  });
});

describeInBrowser('the console on a large history', () => {
  it('scrolls through 55,000 conversations and reads 100,000 messages without stopping', async () => {
    const path = withManySessions(smallHistory(25), 55_000);
    const writer = HistoryWriter.open(path);
    writer.together(() => {
      writer.addSession({ id: 'endless', source: 'cli', started_at: hour(0), title: 'Endless' });
      for (let at = 0; at < 100_000; at++)
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
    await page.getByText('Message number 99999 of many').waitFor();
    await page.getByRole('log').evaluate((element) => {
      element.scrollTop = 0;
    });
    await page.getByText('Message number 0 of many', { exact: true }).waitFor();
    const { data } = await server.json<{ data: { id: number; content: string }[] }>(
      '/v1/sessions/endless/messages?limit=1&offset=54321',
    );
    await page.goto(`${url}?session=endless&message=${data[0]?.id ?? 0}`);
    await page.locator('.message[data-sought]', { hasText: 'Message number 54321 of many' }).waitFor();
    expect(await page.locator('.message').count()).toBeLessThan(60);
    expect(opened.problems).toEqual([]);
    await browser.close();
    await server.close();
  });
});
