import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { TrashListResponse } from '../../src/trash/dto/trash-list.response.js';
import { describeInBrowser } from '../support/browser.js';
import { openForEach, type TestConsole } from '../support/console.js';
import { temporaryFolder } from '../support/server.js';
import { until } from '../support/wait.js';

describeInBrowser('the trash of the console', () => {
  let view: TestConsole;
  let page: Page;

  openForEach(
    (opened) => {
      view = opened;
      ({ page } = opened);
    },
    { settings: () => ({ TRASH_DIR: join(temporaryFolder(), 'trash') }) },
  );

  const trash = async (): Promise<TrashListResponse['data']> =>
    (await view.server.json<TrashListResponse>('/hermes/v1/trash')).data;

  async function remove(id: string): Promise<void> {
    await page.getByRole('button', { name: 'Delete…', exact: true }).click();
    await page.getByRole('button', { name: 'Move to trash' }).click();
    await until(async () => (await view.statusOf(id)) === 404);
  }

  it('gets what is deleted, and gives it back at once', async () => {
    const id = await view.addSession({ id: 'gone', title: 'Gone too early' }, ['One', 'Two']);
    await view.signIn(`?session=${id}`);
    await remove(id);
    expect(await trash()).toMatchObject([{ session_id: id, title: 'Gone too early' }]);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Undone').waitFor();
    expect([await view.statusOf(id), await trash()]).toEqual([200, []]);
  });

  it('shows what goes and comes back elsewhere', async () => {
    const id = await view.addSession({ id: 'gone', title: 'Gone too early' }, ['One', 'Two']);
    await view.signIn();
    await page.getByText('live', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Trash' }).click();
    await page.getByText('The trash is empty.').waitFor();
    await view.server.delete(`/hermes/v1/sessions/${id}?trash=true`);
    const entry = page.getByRole('list', { name: 'Deleted conversations' }).getByText('Gone too early');
    await entry.waitFor();
    await view.server.send('post', `/hermes/v1/trash/${(await trash())[0]?.id ?? ''}/restore`);
    await entry.waitFor({ state: 'detached' });
  });

  it('gets all that are chosen, and gives them back at once', async () => {
    await view.signIn();
    const { data } = await view.list('limit=200&pinned=false');
    const total = (await view.list('limit=1')).total;
    await view.rows.first().click();
    await page.keyboard.press('Escape');
    await page.keyboard.press('x');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('x');
    await page.keyboard.press('#');
    await page.getByRole('button', { name: 'Move to trash' }).click();
    await page.getByText('2 conversations deleted').waitFor();
    expect([data.length > 1, (await trash()).length]).toEqual([true, 2]);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Undone').waitFor();
    expect([await trash(), (await view.list('limit=1')).total]).toEqual([[], total]);
  });

  it('gives back what the server could not give back when it was away, and where only its answer was lost', async () => {
    const id = await view.addSession({ id: 'gone', title: 'Gone too early' }, ['One', 'Two']);
    await view.signIn(`?session=${id}`);
    await remove(id);
    const undo = page.getByRole('button', { name: 'Undo' });
    const restoring = '**/v1/trash/*/restore';
    await page.route(restoring, (route) => route.abort());
    await undo.click();
    await page.getByText('the server did not respond').waitFor();
    expect(await trash()).toHaveLength(1);
    await page.unroute(restoring);
    await page.route(restoring, async (route) => {
      await route.fetch();
      await route.abort();
    });
    await undo.click();
    await until(async () => (await trash()).length === 0);
    await undo.waitFor();
    await page.unroute(restoring);
    await undo.click();
    await page.getByText('Undone').waitFor();
    expect(await view.statusOf(id)).toBe(200);
  });

  it('is a page on which things are found, restored, and deleted for good where their number is typed', async () => {
    const ids = [
      await view.addSession({ id: 'first', title: 'About lighthouses' }, ['One']),
      await view.addSession({ id: 'second', title: 'About storms' }, ['One']),
      await view.addSession({ id: 'third', title: 'About ropes' }, ['One']),
    ];
    for (const id of ids) await view.server.delete(`/hermes/v1/sessions/${id}?trash=true`).expect(200);
    await view.signIn();
    await page.getByRole('button', { name: 'Trash', exact: true }).click();
    await page.getByText('3 conversations').waitFor();
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    await page.getByRole('searchbox', { name: 'Search titles' }).fill('storm');
    await page.getByText('1 conversation', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Restore About storms' }).click();
    await page.getByText('1 conversation restored').waitFor();
    expect(await view.statusOf('second')).toBe(200);
    await page.getByRole('searchbox', { name: 'Search titles' }).fill('');
    await page.getByRole('button', { name: 'Delete permanently… About ropes' }).click();
    const agree = page.getByRole('button', { name: 'Delete permanently', exact: true });
    expect(await agree.isDisabled()).toBe(true);
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    await page.getByLabel('Type 1 to confirm').fill('1');
    await agree.click();
    await page.getByText('1 conversation permanently deleted').waitFor();
    expect(await trash()).toMatchObject([{ session_id: 'first' }]);
    await page.getByRole('button', { name: 'Empty trash…' }).click();
    await page.getByLabel('Type 1 to confirm').fill('1');
    await agree.click();
    await page.getByText('The trash is empty.').waitFor();
    expect(await trash()).toEqual([]);
  });
});
