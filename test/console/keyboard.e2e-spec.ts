// What runs in the page is written here as well.
/// <reference lib="dom" />

import type { Page } from 'playwright-core';
import { describeInBrowser } from '../support/browser.js';
import { openForEach, type TestConsole } from '../support/console.js';
import { until } from '../support/wait.js';

describeInBrowser('the keys of the console', () => {
  let view: TestConsole;
  let page: Page;

  const reopen = openForEach((opened) => {
    view = opened;
    ({ page } = opened);
  });

  const focused = (selector: string): Promise<boolean> =>
    page.evaluate((sought) => document.activeElement?.matches(sought) === true, selector);
  const shown = (name: string): string | null => new URL(page.url()).searchParams.get(name);

  it('lead from the search into the list, to the conversation and back', async () => {
    await view.signIn();
    await page.keyboard.press('/');
    await page.keyboard.type('readiness');
    const { data, total } = await view.list('search=readiness');
    await page.getByText(`${total} conversation`).waitFor();
    await page.keyboard.press('ArrowDown');
    expect(await focused('.rows')).toBe(true);
    await page.keyboard.press('Enter');
    await until(() => focused('.messages'));
    expect(shown('session')).toBe(data[0]?.id);
    // There the keys scroll, and move nothing in the list.
    await page.keyboard.press('j');
    expect(await view.rows.first().getAttribute('data-active')).toBe('true');
  });

  it('rename, pin, archive and delete what is open', async () => {
    const id = await view.addSession({ id: 'mine', title: 'Mine' }, ['Hello']);
    await view.signIn(`?session=${id}`);
    await page.getByRole('button', { name: 'Mine', exact: true }).waitFor();
    await page.keyboard.press('p');
    await page.getByRole('button', { name: 'Unpin', exact: true }).waitFor();
    await page.keyboard.press('e');
    await page.getByRole('button', { name: 'Unarchive', exact: true }).waitFor();
    await page.keyboard.press('r');
    await page.getByLabel('Title', { exact: true }).fill('Still mine');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Still mine', exact: true }).waitFor();
    await page.keyboard.press('#');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete permanently' }).click();
    await page.getByText('Select a conversation').waitFor();
    expect(await view.statusOf(id)).toBe(404);
  });

  it('find everything that can be done by its name', async () => {
    await view.signIn();
    await page.keyboard.press('Control+k');
    const palette = page.getByRole('dialog', { name: 'Commands' });
    await palette.getByRole('combobox').fill('statis');
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    await page.keyboard.press('Enter');
    await page.locator('.figure').first().waitFor();
    await page.keyboard.press('Control+k');
    await palette.getByRole('combobox').fill('readiness');
    await page.keyboard.press('Enter');
    await view.rows.first().locator('mark').first().waitFor();
    expect([shown('q'), shown('page')]).toEqual(['readiness', null]);
    await page.keyboard.press('Control+k');
    await palette.getByRole('combobox').waitFor();
    await page.keyboard.press('Escape');
    await palette.waitFor({ state: 'hidden' });
  });

  it('find everything that can be done with what is open by its name, and go on where that leads', async () => {
    const id = await view.addSession({ id: 'mine', title: 'Mine' }, ['Hello']);
    await view.signIn(`?session=${id}`);
    await page.getByRole('button', { name: 'Mine', exact: true }).waitFor();
    const palette = page.getByRole('dialog', { name: 'Commands' });
    const run = async (name: string): Promise<void> => {
      await page.keyboard.press('Control+k');
      await palette.getByRole('combobox').fill(name);
      await page.keyboard.press('Enter');
      await palette.waitFor({ state: 'hidden' });
    };
    const saved = page.waitForEvent('download');
    await run('export markdown');
    expect((await saved).suggestedFilename()).toBe('mine-Mine.md');
    await run('pin');
    await page.getByRole('button', { name: 'Unpin', exact: true }).waitFor();
    await run('rename');
    await until(() => focused('.rename input'));
    await page.keyboard.type('Still mine');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Still mine', exact: true }).waitFor();
    await run('hide tools');
    await page.getByRole('button', { name: 'Hide tools', pressed: true }).waitFor();
    await run('find');
    await until(() => focused('.find input'));
    await page.keyboard.press('Escape');
    await run('delete');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete permanently' }).waitFor();
    await page.keyboard.press('Escape');
    await run('select');
    await page.getByText('Select conversations', { exact: true }).waitFor();
  });

  it('choose all that is found from wherever one of it is chosen', async () => {
    await view.signIn('?q=readiness');
    const { total } = await view.list('search=readiness');
    await view.rows.first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.getByText('1 conversation selected').waitFor();
    await page.keyboard.press('Control+a');
    await page.getByText(`${total} conversations selected`).waitFor();
  });

  it('are told from the beginning, however long that is', async () => {
    await page.setViewportSize({ width: 1280, height: 600 });
    await view.signIn();
    await page.keyboard.press('?');
    const help = page.getByRole('dialog', { name: 'Keyboard' });
    await help.waitFor();
    const { length, height, top } = await help.evaluate((dialog) => ({
      ...{ length: dialog.scrollHeight, height: dialog.clientHeight, top: dialog.scrollTop },
    }));
    expect([length > height, top]).toEqual([true, 0]);
    expect(await view.opened.accessibilityProblems()).toEqual([]);
  });

  it('are not told of where there are none, and fingers have room', async () => {
    await reopen({
      ...{ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
    });
    await view.signIn();
    expect(await page.getByRole('button', { name: 'Keyboard shortcuts' }).count()).toBe(0);
    const heights = await page
      .locator('button, select, summary')
      .evaluateAll((found) =>
        found.map((element) => element.getBoundingClientRect().height).filter((height) => height > 0),
      );
    expect(heights.length).toBeGreaterThan(5);
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(44);
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    // One row above the list, held either way; what is seldom wanted is behind a button.
    const bar = page.locator('.bar');
    expect((await bar.boundingBox())?.height).toBeLessThan(56);
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    await page.getByRole('combobox', { name: 'Language' }).selectOption('简体中文');
    await page.getByRole('button', { name: '菜单' }).click();
    await page.getByRole('combobox', { name: '语言' }).selectOption('English');
    await page.setViewportSize({ width: 844, height: 390 });
    expect((await bar.boundingBox())?.height).toBeLessThan(56);
    await view.rows.first().click();
    await page.locator('.message').first().waitFor();
    expect(await page.locator('.history').isVisible()).toBe(false);
    const scrolled = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(scrolled).toBeLessThanOrEqual(844);
    await page.getByRole('button', { name: 'Back to the list' }).click();
    await view.rows.first().waitFor();
  });

  it('show where they are where a system has colours of its own', async () => {
    await reopen({ forcedColors: 'active' });
    await view.signIn();
    await view.rows.nth(2).click();
    await page.locator('.conversation-header').waitFor();
    await page.keyboard.press('j');
    const edge = (at: number): Promise<string> =>
      view.rows.nth(at).evaluate((element) => getComputedStyle(element).borderInlineStart);
    const [plain, opened, active] = [await edge(5), await edge(2), await edge(3)];
    expect(new Set([plain, opened, active]).size).toBe(3);
    expect(await view.opened.accessibilityProblems()).toEqual([]);
  });
});
