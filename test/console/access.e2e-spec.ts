import type { Page } from 'playwright-core';
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
    const dialog = page.getByRole('dialog', { name: 'Your sign-in has ended' });
    await dialog.waitFor();
    const address = page.url();
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    // Who puts it off can come back to it; no try without a key could help.
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
    expect(await view.rows.count()).toBeGreaterThan(3);
    await page.getByRole('button', { name: 'Sign in again' }).click();
    await page.unroute('**/v1/**');
    await dialog.getByLabel('Key of the server').fill(TEST_KEY);
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
    const banner = page.getByRole('alert').filter({ hasText: 'The server does not answer.' });
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

  it('let a password manager keep the key', async () => {
    await page.goto(view.url);
    const field = page.getByLabel('Key of the server');
    await until(async () => (await field.getAttribute('autocomplete')) === 'current-password');
  });
});
