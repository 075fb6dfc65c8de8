// What runs in the page is written here as well.
/// <reference lib="dom" />

import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { BrowserPage, describeInBrowser, enterConsole, startBrowser } from '../support/browser.js';
import { TestConsole } from '../support/console.js';
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
        const links = [...document.querySelectorAll('.conversation a')].map((link) =>
          link.getAttribute('href') === ''
            ? 'a:nowhere'
            : `a:${new URL((link as HTMLAnchorElement).href, location.href).protocol}`,
        );
        const handlers = inside.filter((element) =>
          [...element.attributes].some(({ name }) => name.startsWith('on')),
        );
        return [...inside.map(({ localName }) => localName), ...links, ...handlers.map(() => 'handler')];
      });
      for (const name of names) found.add(name);
    }
    await page.getByRole('button', { name: /Show image \(5 MB\)/ }).waitFor();
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
      // An empty address is that of the page itself.
      'a:nowhere',
    ])
      expect([...found]).not.toContain(name);
    expect(foreign).toEqual([]);
    expect(opened.problems).toEqual([]);
    await browser.close();
    await server.close();
  });

  it('shows everything else where the server says what it does not understand', async () => {
    const browser = await startBrowser();
    const view = await TestConsole.open(browser);
    const { page } = view;
    const id = await view.addSession({ id: 'odd', title: 'Odd' }, ['first words', 'odd words', 'last words']);
    // React shows no object as a text.
    const change = (pattern: RegExp, from: string, to: string): Promise<unknown> =>
      page.route(pattern, async (route) => {
        const answer = await route.fetch();
        await route.fulfill({ response: answer, body: (await answer.text()).replace(from, to) });
      });
    await change(/\/messages\?/, '"role":"assistant"', '"role":{}');
    await view.signIn(`?session=${id}`);
    await page.getByText('This message cannot be displayed properly.').waitFor();
    await page.getByText('"odd words"').waitFor();
    await page.getByText('first words').last().waitFor();
    await page.getByText('last words').last().waitFor();
    await change(/\/v1\/sessions\/odd(\?|$)/, '"title":"Odd"', '"title":{}');
    await page.reload();
    await page.getByText('Something went wrong on this page.').waitFor();
    await page.unrouteAll();
    await page.getByRole('link', { name: 'Start over' }).click();
    await view.rows.first().waitFor();
    await view.close();
    await browser.close();
  });
});
