// What runs in the page is written here as well.
/// <reference lib="dom" />

import type { Page } from 'playwright-core';
import { describeInBrowser } from '../support/browser.js';
import { openForEach, type TestConsole } from '../support/console.js';
import { until } from '../support/wait.js';

describeInBrowser('the search of the console', () => {
  let view: TestConsole;
  let page: Page;

  openForEach((opened) => {
    view = opened;
    ({ page } = opened);
  });

  const address = (name: string): string | null => new URL(page.url()).searchParams.get(name);
  const field = (): ReturnType<Page['getByRole']> => page.getByRole('searchbox');

  it('says that it is searching, lets nothing be opened meanwhile, and is stopped', async () => {
    await view.signIn();
    const total = await view.summary.textContent();
    const given: string[] = [];
    page.on('requestfailed', (request) => given.push(request.url()));
    // The answer never comes.
    await page.route(/[?&]search=/, () => undefined);
    await field().fill('readiness');
    await page.getByText('Searching…').waitFor();
    expect(await page.getByRole('listbox').getAttribute('data-outdated')).toBe('true');
    await until(() => Promise.resolve(address('q') === 'readiness'));
    const place = await view.rows.nth(1).boundingBox();
    await page.mouse.click((place?.x ?? 0) + 40, (place?.y ?? 0) + 20);
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    await page.keyboard.press('Enter');
    expect(address('session')).toBeNull();
    await field().focus();
    await page.keyboard.press('Escape');
    await page.getByText('Searching…').waitFor({ state: 'detached' });
    expect([await field().inputValue(), address('q')]).toEqual(['', null]);
    expect(await view.summary.textContent()).toBe(total);
    await until(() => Promise.resolve(given.some((url) => url.includes('search=readiness'))));
    await view.rows.nth(1).click();
    await page.locator('.conversation-header').waitFor();
  });

  it('lists at once what has it in its title, and leaves it where it is once the others are found', async () => {
    await view.addSession({ id: 'often', title: 'Census of quokkas' }, ['quokkas, quokkas and quokkas']);
    await view.addSession({ id: 'seldom', title: 'Food for quokkas' }, ['Leaves']);
    await view.addSession({ id: 'within', title: 'Journey' }, ['We saw quokkas']);
    await view.signIn();
    let answer = (): void => undefined;
    const held = new Promise<void>((release) => {
      answer = release;
    });
    await page.route(/[?&]search=/, async (route) => {
      if (!route.request().url().includes('search_in=titles')) await held;
      await route.continue();
    });
    await field().fill('quokkas');
    await page.getByText('Title matches; still searching messages.').waitFor();
    await page.getByText('Searching…').waitFor();
    const titles = (): Promise<readonly string[]> => page.locator('.row .row-title').allTextContents();
    const [first, second] = ['Food for quokkas', 'Census of quokkas'];
    expect(await titles()).toEqual([first, second]);
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    await view.rows.nth(1).click();
    await page.getByRole('heading', { name: second }).waitFor();
    expect(address('session')).toBe('often');
    answer();
    await page.getByText('3 conversations', { exact: true }).waitFor();
    expect(await titles()).toEqual([first, second, 'Journey']);
    const { data } = await view.list('search=quokkas');
    expect(data.map(({ title }) => title)).toEqual([second, first, 'Journey']);
  });

  it('is given up where somebody goes to another page before it begins', async () => {
    await view.signIn();
    await field().focus();
    await page.keyboard.type('quokkas');
    await until(() => Promise.resolve(address('q') === 'quokkas'));
    // All at once, before the pause after which it is searched for is over.
    await field().evaluate((element) => {
      // React looks at what is typed past its own setter.
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(element, 'wallabies');
      element.dispatchEvent(new InputEvent('input', { bubbles: true }));
      const buttons = [...document.querySelectorAll<HTMLElement>('nav button')];
      buttons.find(({ textContent }) => textContent === 'Statistics')?.click();
    });
    await page.locator('.figures').waitFor();
    // Timers of less are over by then.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)));
    expect([address('page'), address('q')]).toEqual(['statistics', 'quokkas']);
  });

  it('says at the top that nothing matches, and why', async () => {
    await view.signIn('?platform=cron');
    await field().fill('readiness quokkas');
    const nothing = page.getByText('No matches.');
    await nothing.waitFor();
    expect((await nothing.boundingBox())?.y).toBeLessThan(400);
    await page.getByText('All words must be in the same message').waitFor();
    await page.getByText('The filters above the list').waitFor();
    expect(await view.opened.accessibilityProblems()).toEqual([]);
  });

  it('understands operators, which stay in sight as long as they are chosen', async () => {
    await view.signIn();
    await field().pressSequentially('platform:telegram ');
    const { total } = await view.list('platform=telegram&limit=1');
    await page.getByText(`${total} conversations`, { exact: true }).waitFor();
    expect([await field().inputValue(), address('platform')]).toEqual(['', 'telegram']);
    await field().pressSequentially('is:archived before:2001');
    await page.keyboard.press('Enter');
    await page.getByText('No matches.').waitFor();
    await page.getByRole('button', { name: 'Remove Started before: 2001-01-01' }).click();
    const archived = await view.list('platform=telegram&archived=true&limit=1');
    await page.getByText(`${archived.total} conversation`).waitFor();
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    await page.getByRole('button', { name: 'Remove Platform: telegram' }).click();
    await page.getByRole('button', { name: 'Remove Archived: only' }).click();
    await field().fill('readiness -probe');
    await page.getByText('Excludes probe.').waitFor();
    const without = await view.list('search=readiness%20NOT%20probe&limit=1');
    await page.getByText(`${without.total} conversation`).waitFor();
    await field().fill('title:tea');
    await page.getByText('Unknown filter title:').waitFor();
  });

  it.each([
    ['the arrow into the list', () => page.keyboard.press('ArrowDown')],
    ['a click elsewhere', () => page.locator('.summary').click()],
  ])('takes an operator at the end for complete once somebody leaves the field: %s', async (_how, leave) => {
    await view.signIn();
    await field().pressSequentially('readiness platform:cli');
    await leave();
    await until(() => Promise.resolve(address('platform') === 'cli'));
    const { total } = await view.list('search=readiness&platform=cli&limit=1');
    await page.getByText(new RegExp(`^${total} conversations?$`)).waitFor();
    expect([(await field().inputValue()).trim(), address('q')]).toEqual(['readiness', 'readiness']);
  });

  it('says who said what was found, and when, on lines of its own', async () => {
    const { data } = await view.list('search=readiness&limit=1');
    await view.signIn('?q=readiness');
    const found = view.rows.first().locator('.row-match');
    const speaker = data[0]?.match?.role === 'assistant' ? 'Hermes' : 'You';
    expect(await found.locator('.row-said').textContent()).toMatch(new RegExp(`^${speaker}, \\S`));
    expect(await found.evaluate((element) => getComputedStyle(element).webkitLineClamp)).toBe('2');
  });

  it('lists in the order that is chosen, the best match first where none is', async () => {
    await view.signIn('?q=readiness');
    const order = page.getByLabel('Sort by');
    expect(await order.inputValue()).toBe('relevance');
    await order.selectOption('Oldest');
    const { data } = await view.list('search=readiness&sort=started_at');
    await until(async () => {
      const text = (await view.rows.first().textContent()) ?? '';
      return text.includes(data[0]?.title ?? data[0]?.preview ?? '?');
    });
    expect(address('sort')).toBe('started_at');
    await order.selectOption('Best match');
    await until(() => Promise.resolve(address('sort') === null));
  });
});
