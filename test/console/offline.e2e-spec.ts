// What runs in the page is written here as well.
/// <reference lib="dom" />

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { BrowserPage, describeInBrowser, enterConsole, browserForAll } from '../support/browser.js';
import { TestConsole } from '../support/console.js';
import { Gateway } from '../support/gateway.js';
import { TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';
import { until } from '../support/wait.js';

describeInBrowser('the page of the console while its server is away', () => {
  const browser = browserForAll();
  let view: TestConsole;
  let gateway: Gateway;
  let opened: BrowserPage;
  let page: Page;
  let url: string;

  beforeEach(async () => {
    view = await TestConsole.open(browser());
    gateway = await Gateway.open(view.url);
    ({ url } = gateway);
    opened = await BrowserPage.open(browser(), { serviceWorkers: 'allow' });
    ({ page } = opened);
    await enterConsole(page, url);
    await page.locator('.row').first().waitFor();
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
  });

  afterEach(async () => {
    await opened.close();
    await gateway.refuse();
    await view.close();
  });

  /** Everything that the browser keeps of the page. */
  const kept = (): Promise<readonly string[]> =>
    page.evaluate(async () => {
      const found: string[] = [];
      for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const { url: address } of await cache.keys()) {
          const body = await (await cache.match(address))?.text();
          found.push(`${new URL(address).pathname}${new URL(address).search} ${body ?? ''}`);
        }
      }
      return found;
    });

  /** A server with another page at the same address. */
  async function serveInstead(pages: Readonly<Record<string, readonly [string, string]>>): Promise<Server> {
    const server = createServer(({ url: path = '' }, response) => {
      const [type, body] = pages[path] ?? ['text/plain', 'Nothing here'];
      response.writeHead(pages[path] === undefined ? 502 : 200, { 'content-type': type }).end(body);
    }).listen(0, '127.0.0.1');
    await new Promise((listening) => server.once('listening', listening));
    gateway.leadTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return server;
  }

  it('opens all the same and says so, with nothing of the history, until the server is back', async () => {
    await page.locator('.row').nth(2).click();
    await page.locator('.message').first().waitFor();
    await page.getByRole('button', { name: 'Statistics' }).click();
    await page.locator('.figure').first().waitFor();
    const files = await kept();
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((file) => !file.startsWith('/hermes/console/'))).toEqual([]);
    expect(files.filter((file) => file.includes(TEST_KEY) || /^\S*\?/.test(file))).toEqual([]);
    await page.goto(`${url}?archived=any`);
    await page.locator('.row').first().waitFor();
    const title = await page.locator('.row').first().locator('.row-title').innerText();
    expect((await kept()).join('')).not.toContain(title);
    await gateway.refuse();
    await page.reload();
    const banner = page.getByRole('alert').filter({ hasText: 'The server is not responding.' });
    await banner.waitFor();
    expect(page.url()).toBe(`${url}?archived=any`);
    expect(await opened.accessibilityProblems()).toEqual([]);
    // Parts that are loaded when they are wanted are there as well.
    await page.getByRole('button', { name: 'Statistics' }).click();
    await page.getByLabel('Time range', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'History' }).click();
    await gateway.accept();
    await page.locator('.row').first().waitFor();
    await banner.waitFor({ state: 'detached' });
    expect(opened.problems).toEqual([]);
  });

  it('is a new version at once where there is one, and the kept one while an intermediary answers for nobody', async () => {
    const worker = await (await fetch(`${view.url}worker.js`)).text();
    const server = await serveInstead({
      '/hermes/console/': ['text/html', '<title>Another version</title>'],
      '/hermes/console/worker.js': ['text/javascript', worker.replace(/VERSION = '/, "VERSION = 'other-")],
    });
    await page.goto(url);
    expect(await page.title()).toBe('Another version');
    server.closeAllConnections();
    server.close();
    const nobody = await serveInstead({});
    await page.goto(url);
    expect(await page.title()).toBe('Hermes history');
    nobody.closeAllConnections();
    nobody.close();
  });

  it('is kept no more where the server has no console any more', async () => {
    const without = await TestServer.onFile(view.path, { BASE_PATH: '/hermes', CONSOLE: 'off' });
    gateway.leadTo(await without.app.getUrl());
    expect((await page.goto(url))?.status()).toBe(404);
    await until(() =>
      page.evaluate(async () => {
        const workers = await navigator.serviceWorker.getRegistrations();
        return workers.length === 0 && (await caches.keys()).length === 0;
      }),
    );
    await gateway.refuse();
    await expect(page.goto(url)).rejects.toThrow('ERR_CONNECTION_REFUSED');
    await without.close();
  });
});
