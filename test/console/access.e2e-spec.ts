// What runs in the page is written here as well.
/// <reference lib="dom" />

import type { Page } from 'playwright-core';
import { SignInLinks } from '../../src/auth/sign-in/sign-in-links.js';
import { describeInBrowser } from '../support/browser.js';
import { openForEach, type TestConsole } from '../support/console.js';
import { TEST_KEY } from '../support/test-key.js';
import { until } from '../support/wait.js';

describeInBrowser('the console and its server', () => {
  let view: TestConsole;
  let page: Page;

  openForEach((opened) => {
    view = opened;
    ({ page } = opened);
  });

  it('ask once for a new key where the old one has ended, and go on where they were', async () => {
    await view.signIn('?archived=any');
    await page.getByText('live', { exact: true }).waitFor();
    const error = { message: 'A valid API key is needed.', type: 'authentication_error', param: null };
    await page.route('**/v1/**', (route) =>
      route.fulfill({ status: 401, json: { error: { ...error, code: 'invalid_api_key' } } }),
    );
    await view.rows.nth(3).click();
    const dialog = page.getByRole('dialog', { name: 'You have been signed out' });
    await dialog.waitFor();
    const address = page.url();
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    // Who puts it off can come back to it; no try without a key could help.
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
    expect(await view.rows.count()).toBeGreaterThan(3);
    await page.getByRole('button', { name: 'Sign in again' }).click();
    await dialog.getByLabel('Server key').fill(TEST_KEY);
    // From here on what is asked in the background succeeds as well.
    await page.unroute('**/v1/**');
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('.conversation-header').waitFor();
    expect(page.url()).toBe(address);
    await page.getByText('live', { exact: true }).waitFor();
    await dialog.waitFor({ state: 'hidden' });
  });

  it('keep what is shown while the server is away, and read it again when it is back', async () => {
    await view.signIn();
    await page.route('**/v1/**', (route) => route.abort());
    await view.rows.nth(3).click();
    const banner = page.getByRole('alert').filter({ hasText: 'The server is not responding.' });
    await banner.waitFor();
    expect(await view.rows.count()).toBeGreaterThan(3);
    expect(await page.getByText('live', { exact: true }).count()).toBe(0);
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    await page.unroute('**/v1/**');
    await page.locator('.conversation-header').waitFor();
    await banner.waitFor({ state: 'detached' });
    await page.getByText('live', { exact: true }).waitFor();
  });

  it('are live when the server is heard, and not before', async () => {
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    await page.route('**/v1/sessions/events*', async (route) => {
      await held;
      await route.continue();
    });
    await view.signIn();
    await page.getByText('connecting…').waitFor();
    expect(await page.getByText('live', { exact: true }).count()).toBe(0);
    goOn();
    await page.getByText('live', { exact: true }).waitFor();
  });

  it('let a password manager keep the key, by the name of the server', async () => {
    await page.goto(view.url);
    const field = page.getByLabel('Server key');
    await until(async () => (await field.getAttribute('autocomplete')) === 'current-password');
    const name = page.locator('input[autocomplete=username]');
    expect(await name.inputValue()).toBe(new URL(view.url).host);
  });

  it('know each other in every tab by a cookie that no script sees, until somebody signs out', async () => {
    await view.signIn();
    const [cookie, ...others] = await page.context().cookies();
    expect([cookie, others]).toMatchObject([
      { httpOnly: true, sameSite: 'Strict', path: '/hermes/', expires: -1 },
      [],
    ]);
    expect(await page.evaluate(() => document.cookie)).toBe('');
    const tab = await page.context().newPage();
    await tab.goto(`${view.url}?archived=any`);
    await tab.getByRole('listbox').getByRole('option').first().waitFor();
    await tab.getByText('live', { exact: true }).waitFor();
    await tab.getByRole('button', { name: 'Sign out' }).click();
    await tab.getByLabel('Server key').waitFor();
    expect(await page.context().cookies()).toEqual([]);
    // Nothing of the history is left in the other tab.
    await page.getByLabel('Server key').waitFor();
    expect(await view.rows.count()).toBe(0);
    expect(await page.getByRole('dialog').count()).toBe(0);
    // It is signed in again by any of them.
    await tab.getByLabel('Server key').fill(TEST_KEY);
    await tab.getByRole('button', { name: 'Sign in' }).click();
    await view.rows.first().waitFor();
  });

  it('keep what is shown in a tab where another one finds that the sign-in has ended', async () => {
    await view.signIn();
    const heard = page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          addEventListener('storage', ({ key }) => {
            if (key === 'last') resolve();
          });
        }),
    );
    await page.context().clearCookies();
    const tab = await page.context().newPage();
    await tab.goto(view.url);
    await tab.getByLabel('Server key').waitFor();
    await tab.evaluate(() => {
      localStorage.setItem('last', 'now');
    });
    await heard;
    expect(await view.rows.count()).toBeGreaterThan(3);
  });

  it('know each other again for thirty days where somebody chose so', async () => {
    await page.goto(view.url);
    await page.getByLabel('Server key').fill(TEST_KEY);
    await page.getByLabel('Stay signed in for 30 days').check();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await view.rows.first().waitFor();
    const [cookie] = await page.context().cookies();
    const days = ((cookie?.expires ?? 0) - Date.now() / 1000) / 86_400;
    expect(Math.round(days)).toBe(30);
  });

  it('show the sign-in, and no error, where a browser was signed in once and is no more', async () => {
    await view.signIn();
    await page.context().clearCookies();
    await page.goto(`${view.url}?archived=any`);
    await page.getByLabel('Server key').fill(TEST_KEY);
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await view.rows.first().waitFor();
    expect(page.url()).toBe(`${view.url}?archived=any`);
  });

  it('go on with the key itself, until the page is left, where no cookie can be had', async () => {
    await page.route('**/v1/sign-in', (route) =>
      route.fulfill({
        status: 503,
        json: {
          error: { message: 'No.', type: 'service_unavailable', param: null, code: 'sign_in_unavailable' },
        },
      }),
    );
    await view.signIn();
    const kept = await page.evaluate(() => JSON.stringify(localStorage) + JSON.stringify(sessionStorage));
    expect(kept).not.toContain(TEST_KEY);
    await page.reload();
    await page.getByLabel('Server key').waitFor();
  });

  it('stay signed in where a sign-out does not reach the server', async () => {
    await view.signIn();
    await page.route('**/v1/sign-in', (route) => route.abort());
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('you are still signed in').waitFor();
    await page.unroute('**/v1/sign-in');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Server key').waitFor();
  });

  it('meet by a link that is good for one sign-in, and leaves the address at once', async () => {
    const code = view.server.app.get(SignInLinks, { strict: false }).issue();
    await page.goto(`${view.url}?archived=any#sign-in=${code}`);
    await view.rows.first().waitFor();
    expect(page.url()).toBe(`${view.url}?archived=any`);
    await page.context().clearCookies();
    await page.goto('about:blank');
    await page.goto(`${view.url}#sign-in=${code}`);
    await page.getByText('Sign-in failed: This link has been used, or is too old.').waitFor();
  });
});
