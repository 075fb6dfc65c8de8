import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Page } from 'playwright-core';
import { BrowserPage, describeInBrowser, browserForAll, startBrowser } from '../support/browser.js';
import { Issuer } from '../support/issuer.js';
import { until } from '../support/wait.js';
import { historyOfTwo } from '../support/people.js';
import type { Response as Answer } from 'supertest';
import { TestServer } from '../support/server.js';

const POLICY = 'content-security-policy';

describeInBrowser('the sign-in of the console at an issuer', () => {
  const browser = browserForAll();
  let issuer: Issuer;
  let server: TestServer;
  let opened: BrowserPage;
  let page: Page;
  let url: string;

  beforeEach(async () => {
    issuer = await Issuer.start();
    server = await TestServer.onFile(historyOfTwo(), {
      OIDC_ISSUER: issuer.url,
      OIDC_AUDIENCE: 'hermes-sessions',
      OIDC_CONSOLE_CLIENT_ID: 'hermes-console',
    });
    url = `${await server.app.getUrl()}/console/`;
    opened = await BrowserPage.open(browser());
    page = opened.page;
  });

  afterEach(async () => {
    const { problems } = opened;
    await opened.close();
    await server.close();
    await issuer.close();
    expect(problems).toEqual([]);
  });

  const button = (): ReturnType<Page['getByRole']> =>
    page.getByRole('button', { name: `Sign in with ${new URL(issuer.url).host}` });
  const rows = (): ReturnType<Page['getByRole']> => page.getByRole('listbox').getByRole('option');

  it('lets people in, back to what they wanted to see, and shows them what is theirs', async () => {
    await page.goto(`${url}?archived=any`);
    await button().waitFor();
    expect(await opened.accessibilityProblems()).toEqual([]);
    await button().click();
    await rows().first().waitFor();
    // Nothing of the sign-in is left in the address.
    expect(page.url()).toBe(`${url}?archived=any`);
    await page.getByText('3 conversations').waitFor();
    // The token may read, and nothing else is offered.
    await rows().first().click();
    await page.locator('.conversation-header').waitFor();
    await page.getByLabel('Export').waitFor();
    expect(await page.getByRole('button', { name: /^(?:Archive|Delete|Pin|Select)/ }).count()).toBe(0);
    await page.reload();
    await rows().first().waitFor();
    expect(issuer.given).toBe(1);
  });

  it('goes on with a new token when one ends', async () => {
    issuer.lasting = 15;
    await page.goto(url);
    await button().click();
    await rows().first().waitFor();
    // A token that ends within seconds is renewed before it is used.
    expect(issuer.given).toBeGreaterThan(1);
  });

  it('says that the issuer let nobody in, or cannot be asked', async () => {
    issuer.signsIn = false;
    await page.goto(url);
    await button().click();
    await page.getByText(/Sign-in failed/).waitFor();
    expect(page.url()).toBe(url);
    // An answer that nobody here asked for lets nobody in.
    await page.goto(`${url}?code=the-code&state=somebody-elses`);
    await page.getByText('This sign-in was not started in this tab.').waitFor();
  });
});

describeInBrowser('the sign-in of the console while the issuer is away', () => {
  it('is by a key', async () => {
    const issuer = await Issuer.start();
    issuer.isDown = true;
    const server = await TestServer.onFile(historyOfTwo(), {
      OIDC_ISSUER: issuer.url,
      OIDC_AUDIENCE: 'hermes-sessions',
      OIDC_CONSOLE_CLIENT_ID: 'hermes-console',
    });
    const browser = await startBrowser();
    const opened = await BrowserPage.open(browser);
    await opened.page.goto(`${await server.app.getUrl()}/console/`);
    await opened.page.getByText('Your sign-in provider is not responding.').waitFor();
    await opened.page.getByLabel('Server key').waitFor();
    expect(opened.problems).toEqual([]);
    await browser.close();
    await server.close();
    await issuer.close();
  });
});

describe('the console of a server whose issuer says nothing', () => {
  it('opens before the issuer is given up', async () => {
    let givenUp = 0;
    const asked: Socket[] = [];
    const issuer = createServer((socket) => {
      asked.push(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => givenUp++);
      socket.resume();
    });
    await new Promise<void>((listening) => issuer.listen(0, '127.0.0.1', listening));
    const server = await TestServer.onFile(historyOfTwo(), {
      OIDC_ISSUER: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`,
      OIDC_AUDIENCE: 'hermes-sessions',
      OIDC_CONSOLE_CLIENT_ID: 'hermes-console',
    });
    const page = await fetch(`${await server.app.getUrl()}/console/`);
    expect([page.status, asked.length, givenUp]).toEqual([200, 1, 0]);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    await page.text();
    await server.close();
    for (const socket of asked) socket.destroy();
    issuer.close();
  });

  it('keeps no page that may not talk to where tokens are given, and leaves one that may as it is', async () => {
    const issuer = await Issuer.start();
    issuer.isDown = true;
    const settings = {
      OIDC_ISSUER: issuer.url,
      OIDC_AUDIENCE: 'hermes-sessions',
      OIDC_CONSOLE_CLIENT_ID: 'hermes-console',
    };
    const [before, another] = await Promise.all([
      TestServer.onFile(historyOfTwo(), settings),
      TestServer.onFile(historyOfTwo(), settings),
    ]);
    const ask = async (server: TestServer, tag = ''): Promise<Pick<Answer, 'status' | 'headers'>> =>
      server.http.get('/console/').set('If-None-Match', tag);
    const early = await ask(before);
    expect(early.headers[POLICY]).not.toContain(issuer.url);
    expect([early.headers['cache-control'], early.headers.etag]).toEqual(['no-store', undefined]);
    issuer.isDown = false;
    await until(async () => String((await ask(before)).headers[POLICY]).includes(issuer.url));
    const tag = String((await ask(before)).headers.etag);
    const same = await ask(before, tag);
    expect([same.status, same.headers[POLICY]]).toEqual([304, expect.stringContaining(issuer.url)]);
    issuer.isDown = true;
    const elsewhere = await ask(another, tag);
    expect([elsewhere.status, elsewhere.headers[POLICY]]).toEqual([304, undefined]);
    await Promise.all([before.close(), another.close(), issuer.close()]);
  });
});
