// What runs in the page is written here as well.
/// <reference lib="dom" />

import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { describeInBrowser } from '../support/browser.js';
import { openForEach, type TestConsole } from '../support/console.js';
import { until } from '../support/wait.js';

type Locator = ReturnType<Page['locator']>;

describeInBrowser('the list of the console', () => {
  let view: TestConsole;
  let page: Page;

  openForEach((opened) => {
    view = opened;
    ({ page } = opened);
  });

  const row = (title: string): Locator => view.rows.filter({ hasText: title });
  const bar = (): Locator => page.getByRole('toolbar', { name: 'Selected conversations' });
  const check = (at: number): Promise<void> => view.rows.nth(at).locator('.row-check').click();

  it('has what is pinned first, and groups by time after it', async () => {
    // Shortly after midnight nothing else is of this day.
    await view.addSession({ id: 'of-today', title: 'Of today' }, ['Just now']);
    const [pinned] = (await view.list('pinned=true')).data;
    await view.signIn();
    const groups = page.locator('.row-group');
    expect((await groups.first().textContent())?.trim()).toBe('Pinned');
    expect(await view.rows.first().textContent()).toContain(pinned?.title ?? pinned?.preview);
    expect(await groups.allTextContents()).toContain('Today');
    await page.getByLabel('Sort by').selectOption('Oldest');
    await until(async () => !(await groups.allTextContents()).includes('Today'));
    expect(await view.opened.accessibilityProblems()).toEqual([]);
  });

  it('has rows that are links, which open in a tab of their own', async () => {
    await view.signIn();
    const address = await view.rows.nth(2).getAttribute('href');
    const opening = page.context().waitForEvent('page');
    await view.rows.nth(2).click({ modifiers: ['Control'] });
    const other = await opening;
    // A tab is there before it knows where it leads.
    await other.waitForURL(new URL(address ?? '', view.url).href);
    await other.close();
    expect(new URL(page.url()).search).toBe('');
  });

  it('keeps the place of the keys with its conversation, whatever comes before it', async () => {
    await view.addSession({ id: 'mine', title: 'The one that is meant' }, ['Hello']);
    await view.signIn();
    await row('The one that is meant').waitFor();
    const isActive = (): Promise<string | null> => row('The one that is meant').getAttribute('data-active');
    for (let at = 0; at < 20 && (await isActive()) !== 'true'; at++) await page.keyboard.press('j');
    await view.addSession({ id: 'other', title: 'One that came later' }, ['Hello']);
    await row('One that came later').waitFor();
    expect(await isActive()).toBe('true');
    await page.keyboard.press('Enter');
    await until(() => page.url().includes('session=mine'));
  });

  it('marks what goes on, and what nobody has looked at since', async () => {
    await view.signIn();
    const id = await view.addSession({ id: 'at-it', title: 'An agent at it' }, ['Hello']);
    await row('An agent at it').getByText('working').waitFor();
    expect(await row('An agent at it').getAttribute('data-unread')).toBe('true');
    await row('An agent at it').click();
    await page.locator('.conversation-header').waitFor();
    await until(async () => (await row('An agent at it').getAttribute('data-unread')) === 'false');
    await view.rows.last().click();
    await page.waitForURL((url) => url.searchParams.get('session') !== id);
    expect(await row('An agent at it').getAttribute('data-unread')).toBe('false');
    const writer = HistoryWriter.open(view.path);
    writer.addMessage({
      ...{ session_id: id, role: 'assistant', content: 'Done', timestamp: Date.now() / 1000 + 5 },
    });
    writer.close();
    await until(async () => (await row('An agent at it').getAttribute('data-unread')) === 'true');
  });

  it('is as wide as somebody made it', async () => {
    await view.signIn();
    const divider = page.getByRole('separator', { name: 'List width' });
    await divider.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    const width = async (): Promise<number | undefined> =>
      (await page.locator('.history').boundingBox())?.width;
    expect(await width()).toBe(440);
    await page.reload();
    await view.rows.first().waitFor();
    expect(await width()).toBe(440);
    const box = await divider.boundingBox();
    await page.mouse.move((box?.x ?? 0) + 3, 300);
    await page.mouse.down();
    await page.mouse.move(603, 300);
    await page.mouse.up();
    expect(await width()).toBe(603);
    expect(await view.opened.accessibilityProblems()).toEqual([]);
  });

  it('takes back what was done to many, and to nothing else', async () => {
    const archivedBefore = (await view.list('archived=true&limit=1')).total;
    await view.signIn('?archived=any');
    await check(1);
    await view.rows.nth(5).click({ modifiers: ['Shift'] });
    await bar().getByText('5 conversations selected').waitFor();
    expect(await page.evaluate(() => String(getSelection()))).toBe('');
    await bar().getByRole('button', { name: 'Archive', exact: true }).click();
    await page.getByRole('button', { name: 'Undo' }).waitFor();
    const archived = (await view.list('archived=true&limit=1')).total;
    expect(archived).toBeGreaterThan(archivedBefore);
    await page
      .getByText(
        `${archived - archivedBefore} conversation${archived - archivedBefore === 1 ? '' : 's'} archived`,
      )
      .waitFor();
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Undone').waitFor();
    expect((await view.list('archived=true&limit=1')).total).toBe(archivedBefore);
  });

  it('chooses all of a search, asks for the number of what is deleted, and stops where it is told to', async () => {
    const { total } = await view.list('platform=cron&limit=1');
    expect(total).toBeGreaterThan(20);
    await view.signIn('?platform=cron');
    await check(0);
    await bar()
      .getByRole('button', { name: `Select all ${total}` })
      .click();
    await bar().getByText(`${total} conversations selected`).waitFor();
    // What none of them can be is not offered.
    expect(await bar().getByRole('button', { name: 'Unarchive' }).count()).toBe(0);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
    await bar().getByRole('button', { name: 'Delete…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(`and ${total - 8} more`).waitFor();
    const agree = dialog.getByRole('button', { name: 'Delete permanently' });
    expect(await agree.isDisabled()).toBe(true);
    await dialog.getByLabel(`Type ${total} to confirm`).fill(String(total - 1));
    expect(await agree.isDisabled()).toBe(true);
    await dialog.getByLabel(`Type ${total} to confirm`).fill(String(total));
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    await agree.click();
    await page.getByText(`${total} conversations deleted`).waitFor();
    expect((await view.list('platform=cron&limit=1')).total).toBe(0);
    // The server knows which they are: it is told, and asked, and does it.
    expect(asked.filter((request) => request.startsWith('POST'))).toEqual([
      'POST /hermes/v1/sessions/bulk',
      'POST /hermes/v1/sessions/bulk',
    ]);
  });

  it('changes all of a list by keys, and takes exactly that back', async () => {
    const { total } = await view.list('limit=1');
    const archivedBefore = (await view.list('archived=true&limit=1')).total;
    await view.signIn();
    await page.getByRole('listbox').focus();
    await page.keyboard.press('Control+a');
    await bar().getByText(`${total} conversations selected`).waitFor();
    expect(await view.rows.first().getAttribute('aria-selected')).toBe('true');
    await page.keyboard.press('Escape');
    await bar().waitFor({ state: 'detached' });
    await page.keyboard.press('Control+a');
    await bar().getByText(`${total} conversations selected`).waitFor();
    await page.keyboard.press('e');
    await page.getByText(`${total} conversations archived`).waitFor();
    expect((await view.list('limit=1')).total).toBe(0);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Undone').waitFor();
    expect((await view.list('limit=1')).total).toBe(total);
    expect((await view.list('archived=true&limit=1')).total).toBe(archivedBefore);
  });

  it('stops a change of all of a list between two requests', async () => {
    await view.signIn();
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    let runs = 0;
    await page.route('**/v1/sessions/bulk', async (route) => {
      if (!(route.request().postData() ?? '').includes('"dry_run":false')) return route.continue();
      runs++;
      await held;
      const answer = await route.fetch();
      const body = (await answer.json()) as object;
      // As if more than one request can do were left.
      return route.fulfill({ response: answer, json: { ...body, remaining: 1, plan: 'more' } });
    });
    await page.getByRole('listbox').focus();
    await page.keyboard.press('Control+a');
    await bar().getByRole('button', { name: 'Pin', exact: true }).click();
    await bar().getByRole('button', { name: 'Stop' }).click();
    goOn();
    await page.getByText(/conversations pinned/).waitFor();
    expect(runs).toBe(1);
  });

  it('exports what is chosen', async () => {
    const { data } = await view.list('limit=2&pinned=false');
    await view.signIn('?q=');
    for (const { id } of data) await page.locator(`a[href*="session=${id}&"] .row-check`).click();
    const saving = page.waitForEvent('download');
    await bar().getByRole('button', { name: 'Export' }).click();
    const download = await saving;
    expect(download.suggestedFilename()).toBe('sessions.jsonl');
    const lines = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\n');
    const ids = lines.map((line) => (JSON.parse(line) as { readonly id: string }).id);
    for (const { id } of data) expect(ids).toContain(id);
  });

  it('says what is deleted', async () => {
    const id = await view.addSession({ id: 'going', title: 'What is going' }, ['Hello', 'There']);
    await view.signIn(`?session=${id}`);
    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('dialog').getByText('What is going').waitFor();
    await page.getByRole('dialog').getByText('2 messages').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
  });
});
