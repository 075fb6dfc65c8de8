// What runs in the page is written here as well.
/// <reference lib="dom" />

import type { Page } from 'playwright-core';
import { describeInBrowser, browserForAll } from '../support/browser.js';
import { TestConsole } from '../support/console.js';
import { TEST_KEY } from '../support/test-key.js';

describeInBrowser('the languages of the console', () => {
  const browser = browserForAll();
  let view: TestConsole;
  let page: Page;

  afterEach(async () => {
    expect(await view.close()).toEqual([]);
  });

  const open = async (locale: string): Promise<void> => {
    view = await TestConsole.open(browser(), { locale });
    ({ page } = view);
  };
  const language = (): Promise<string> => page.evaluate(() => document.documentElement.lang);
  const loaded = (): Promise<number> =>
    page.evaluate(
      () => performance.getEntriesByType('resource').filter(({ name }) => name.includes('chinese')).length,
    );
  /** What is shown in Latin letters alone, besides what is not the page's own: names, commands and keys. */
  const untranslated = (): Promise<readonly string[]> =>
    page.evaluate(() => {
      const foreign =
        '.row, .messages, option, kbd, code, .tallies th, .largest, .facts, .language, .readout';
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const found: string[] = [];
      while (walker.nextNode() !== null) {
        const { parentElement, textContent } = walker.currentNode;
        const isForeign = parentElement?.closest(`${foreign}, script, noscript`) != null;
        const text = textContent ?? '';
        if (!isForeign && /[a-z]{3}/i.test(text) && !/\p{Script=Han}/u.test(text)) found.push(text);
      }
      return found;
    });

  it('are those of the browser: Chinese in every part of the page', async () => {
    await open('zh-CN');
    await page.goto(view.url);
    await page.getByLabel('服务器密钥').fill(TEST_KEY);
    expect(await language()).toBe('zh-Hans');
    expect(await page.title()).toBe('Hermes 历史');
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    await page.getByRole('button', { name: '登录', exact: true }).click();
    await view.rows.first().waitFor();
    await page.getByText('实时', { exact: true }).waitFor();
    const { total } = await view.list('limit=1');
    expect(await view.summary.textContent()).toBe(`${total} 个对话`);
    await view.rows.nth(1).locator('.row-check').click();
    await page.getByText('已选择 1 个对话').waitFor();
    expect(await untranslated()).toEqual([]);
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    await page.getByRole('button', { name: '统计' }).click();
    await page.locator('.figure').first().waitFor();
    await page.getByRole('combobox', { name: '统计指标' }).selectOption({ label: '消息' });
    expect(await page.locator('.readout span').textContent()).toMatch(/：\d+ 条消息$/);
    expect(await untranslated()).toEqual([]);
    await page.getByRole('button', { name: '清理' }).click();
    await page.getByText('无活动时长').waitFor();
    await page.locator('.names label').first().waitFor();
    expect(await untranslated()).toEqual(await page.locator('.names label').allTextContents());
    expect(await view.opened.accessibilityProblems()).toEqual([]);
  });

  it('are changed where somebody is, and stay what they were changed to', async () => {
    await open('en-GB');
    await view.signIn();
    expect([await language(), await loaded()]).toEqual(['en', 0]);
    const { data } = await view.list('limit=1');
    await page.goto(`${view.url}?session=${data[0]?.id ?? ''}`);
    await page.locator('.message').first().waitFor();
    const address = page.url();
    await page.getByRole('combobox', { name: 'Language' }).selectOption('简体中文');
    await page.getByRole('button', { name: '退出登录' }).waitFor();
    await page.locator('.message').first().waitFor();
    expect([await language(), await loaded(), page.url()]).toEqual(['zh-Hans', 1, address]);
    expect(await page.title()).toMatch(/ · Hermes 历史$/);
    expect(await view.rows.first().locator('.row-time').textContent()).toMatch(/前|现在|年/);
    await page.reload();
    await page.getByRole('button', { name: '退出登录' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: '输入命令' }).fill('english');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    expect(await language()).toBe('en');
  });

  it('go on as they are where the texts of another one cannot be had', async () => {
    await open('en-GB');
    await page.route('**/chinese*', (route) => route.abort());
    await view.signIn();
    const reloaded = page.waitForEvent('load');
    await page.getByRole('combobox', { name: 'Language' }).selectOption('简体中文');
    // Another version of the page may have them under another name: that is tried once.
    await reloaded;
    await view.rows.first().waitFor();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    expect(await language()).toBe('en');
  });
});
