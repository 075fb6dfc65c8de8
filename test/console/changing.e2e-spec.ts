import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright-core';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { describeInBrowser, enterConsole } from '../support/browser.js';
import { openForEach, type TestConsole } from '../support/console.js';
import { addConversation, writeProfile } from '../support/profiles.js';
import { until } from '../support/wait.js';

describeInBrowser('the actions of the console', () => {
  let view: TestConsole;
  let page: Page;

  openForEach((opened) => {
    view = opened;
    ({ page } = opened);
  });

  it('renames, pins, archives and deletes', async () => {
    const { data } = await view.list('limit=200');
    const plain = data.find(
      ({ chain_length: length, pinned, title }) => length === 1 && !pinned && title !== null,
    );
    const id = plain?.id ?? '';
    const read = (): Promise<{ title: string | null; pinned: boolean; archived: boolean }> =>
      view.server.json(`/hermes/v1/sessions/${id}`);
    await view.signIn(`?session=${id}`);
    await page.getByRole('button', { name: plain?.title ?? '' }).click();
    await page.getByLabel('Title', { exact: true }).fill('Renamed in the console');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Renamed in the console' }).waitFor();
    await page.getByRole('button', { name: 'Pin', exact: true }).click();
    await page.getByRole('button', { name: 'Unpin', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Archive', exact: true }).click();
    await page.getByRole('button', { name: 'Unarchive', exact: true }).waitFor();
    expect(await read()).toMatchObject({ title: 'Renamed in the console', pinned: true, archived: true });
    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByText('this cannot be undone').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect(await view.statusOf(id)).toBe(200);
    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('button', { name: 'Delete permanently' }).click();
    await page.getByText('Select a conversation').waitFor();
    expect(await view.statusOf(id)).toBe(404);
  });

  it('leaves what was opened while a deletion was under way', async () => {
    const id = await view.addSession({ id: 'slow', title: 'Slow to go' }, ['One', 'Two']);
    await view.signIn(`?session=${id}`);
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    await page.route(`**/v1/sessions/${id}?*`, async (route) => {
      if (route.request().method() === 'DELETE') await held;
      await route.continue();
    });
    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('button', { name: 'Delete permanently' }).click();
    await view.rows.nth(3).click();
    await until(() => !page.url().includes(id));
    const address = page.url();
    await page.locator('.message').first().waitFor();
    goOn();
    await page.getByText('1 conversation deleted').waitFor();
    expect(page.url()).toBe(address);
  });

  it('keeps a title that is typed, and says why it was refused, whatever is shown meanwhile', async () => {
    const id = await view.addSession({ id: 'drafted', title: 'Before' }, ['One', 'Two']);
    await view.signIn(`?session=${id}`);
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    await page.route(`**/v1/sessions/${id}?*`, async (route) => {
      if (route.request().method() === 'PATCH') await held;
      await route.continue();
    });
    const field = page.getByLabel('Title', { exact: true });
    const { data } = await view.list('limit=200');
    const taken = data.find(({ title }) => title !== null && title !== 'Before')?.title ?? '';
    await page.getByRole('button', { name: 'Before' }).click();
    await field.fill(taken);
    await page.keyboard.press('Enter');
    await view.rows.nth(3).click();
    await field.waitFor({ state: 'detached' });
    goOn();
    await page.locator('.snackbar').getByText('Another conversation already has this title').waitFor();
    await page.goBack();
    expect(await field.inputValue()).toBe(taken);
    await field.fill('After');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'After', exact: true }).waitFor();
  });

  it('deletes what an agent is in the middle of only where that is said twice', async () => {
    const id = await view.addSession({ id: 'at-work', title: 'An agent at work' }, ['Go on, please']);
    const writer = HistoryWriter.open(view.path);
    writer.db
      .prepare(
        "INSERT INTO session_turn_leases (conversation_id, holder, acquired_at, expires_at) VALUES (?, 'agent', 0, ?)",
      )
      .run(id, Date.now() / 1000 + 3600);
    writer.close();
    await view.signIn(`?session=${id}`);
    const agree = async (button: string): Promise<void> => {
      await page.getByRole('button', { name: button }).click();
      await page.getByRole('button', { name: 'Delete permanently' }).click();
    };
    await agree('Delete…');
    await page.getByText('An agent is working on this conversation.').waitFor();
    expect(await view.statusOf(id)).toBe(200);
    await agree('Delete anyway…');
    await page.getByText('Select a conversation').waitFor();
    expect(await view.statusOf(id)).toBe(404);
  });

  it('exports a conversation as a file', async () => {
    await view.addSession({ id: 'kept', title: 'Tea: green, black' }, ['Which tea?', 'The green one']);
    await view.signIn('?session=kept');
    const saving = page.waitForEvent('download');
    await page.getByLabel('Export').selectOption('Markdown');
    const download = await saving;
    expect(download.suggestedFilename()).toBe('kept-Tea__green__black.md');
    const [head = ''] = readFileSync(await download.path(), 'utf8').split('\n');
    expect(head).toMatch(/^# /);
  });

  it('says why a title cannot be had, keeps what was typed, and leads to the conversation that has it', async () => {
    const { data } = await view.list('limit=50');
    const [one, other] = data.filter(({ title }) => title !== null);
    await view.signIn(`?session=${one?.id ?? ''}`);
    await page.getByRole('button', { name: one?.title ?? '' }).click();
    await page.getByLabel('Title', { exact: true }).fill(other?.title ?? '');
    await page.keyboard.press('Enter');
    const problem = page
      .getByRole('alert')
      .filter({ hasText: 'Another conversation already has this title.' });
    await problem.waitFor();
    expect(await page.getByLabel('Title', { exact: true }).inputValue()).toBe(other?.title);
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    await problem.getByRole('button', { name: other?.title ?? '' }).click();
    await page.waitForURL((url) => url.searchParams.get('session') === other?.id);
  });

  it('names what has no title by its beginning, and overwrites no title that nobody saw', async () => {
    const writer = HistoryWriter.open(view.path);
    const now = Date.now() / 1000;
    writer.together(() => {
      writer.addSession({ id: 'nameless', source: 'cli', started_at: now });
      writer.addMessage({ session_id: 'nameless', role: 'user', content: 'Plant a quince', timestamp: now });
    });
    writer.close();
    await until(async () => (await view.statusOf('nameless')) === 200);
    await view.signIn('?session=nameless');
    await page.getByRole('button', { name: 'Plant a quince', exact: true }).click();
    const field = page.getByLabel('Title', { exact: true });
    expect(await field.inputValue()).toBe('Plant a quince');
    await page.getByText('14 of 100').waitFor();
    await view.server.patch('/hermes/v1/sessions/nameless', { title: 'By somebody else' });
    await view.rows.filter({ hasText: 'By somebody else' }).waitFor();
    await field.fill('By me');
    await page.keyboard.press('Enter');
    await page.getByText('It was renamed to “By somebody else” in the meantime.').waitFor();
    expect(await field.inputValue()).toBe('By me');
    await page.getByRole('button', { name: 'Rename', exact: true }).click();
    await page.getByRole('button', { name: 'By me', exact: true }).waitFor();
    await page.keyboard.press('r');
    await field.fill('Given up');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'By me', exact: true }).waitFor();
  });

  it('changes many at once', async () => {
    const { total } = await view.list('limit=1');
    await view.signIn();
    for (const at of [0, 1, 2]) await view.rows.nth(at).locator('.row-check').click();
    await page.getByText('3 conversations selected').waitFor();
    await page.getByRole('button', { name: 'Archive', exact: true }).click();
    await page.getByText(`${total - 3} conversations`).waitFor();
    expect((await view.list('limit=1')).total).toBe(total - 3);
    // Without any key as well, as on a phone.
    await page.getByRole('button', { name: 'Select', exact: true }).click();
    const chosen: string[] = [];
    for (const at of [0, 1]) {
      const address = new URL((await view.rows.nth(at).getAttribute('href')) ?? '', view.url);
      chosen.push(address.searchParams.get('session') ?? '');
      await view.rows.nth(at).click();
    }
    await page.getByText('2 conversations selected').waitFor();
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('button', { name: 'Delete permanently' }).click();
    await page.getByText(`${total - 5} conversations`).waitFor();
    for (const id of chosen) expect(await view.statusOf(id)).toBe(404);
  });

  it('shows what would go before anything goes, and lets it go where its number is typed', async () => {
    await enterConsole(page, `${view.url}?page=clean-up`);
    await page.getByLabel('Number').fill('30');
    await page.getByLabel('cron').check();
    await page.getByRole('button', { name: 'Preview' }).click();
    const start = page.getByRole('button', { name: /^Archive \d+ conversations…$/ });
    await start.waitFor();
    const [, count = ''] = /Archive (\d+)/.exec((await start.textContent()) ?? '') ?? [];
    const sample = page.locator('.sample');
    await sample.locator('a').first().waitFor();
    expect(await sample.textContent()).not.toContain('MB');
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    const before = (await view.list('limit=1&archived=true')).total;
    await start.click();
    const dialog = page.getByRole('dialog');
    const agree = dialog.getByRole('button', { name: 'Archive', exact: true });
    expect(await agree.isDisabled()).toBe(true);
    await dialog.getByLabel(`Type ${count} to confirm`).fill(count);
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    await agree.click();
    await page.getByText(`${count} conversations archived.`).waitFor();
    expect((await view.list('limit=1&archived=true')).total).toBe(before + Number(count));
    // What is archived already is not there a second time.
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByText('No matching conversations.').waitFor();
  });

  it('cleans up what is of one host, where there are several', async () => {
    await page.route('**/v1/profiles', async (route) => {
      const answer = await route.fetch();
      const { data } = (await answer.json()) as { readonly data: readonly object[] };
      const both = ['build-01', 'laptop'].flatMap((origin) => data.map((one) => ({ ...one, origin })));
      await route.fulfill({ response: answer, json: { data: both } });
    });
    await enterConsole(page, `${view.url}?page=clean-up`);
    await page.getByRole('group', { name: 'Hosts' }).getByLabel('laptop').check();
    const asked = page.waitForRequest('**/v1/sessions/prune');
    await page.getByRole('button', { name: 'Preview' }).click();
    expect((await asked).postDataJSON()).toMatchObject({ origin: ['laptop'], dry_run: true });
  });

  it('cleans up to the end by itself, or until it is stopped', async () => {
    await enterConsole(page, `${view.url}?page=clean-up`);
    const plans: unknown[] = [];
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    await page.route('**/v1/sessions/prune', async (route) => {
      const body = route.request().postDataJSON() as { readonly dry_run: boolean; readonly plan?: string };
      if (body.dry_run) return route.continue();
      plans.push(body.plan);
      if (plans.length === 2) await held;
      return route.fulfill({
        json: { count: 5, remaining: 5, plan: `plan-${plans.length}`, failed: [] },
      });
    });
    await page.getByRole('button', { name: 'Preview' }).click();
    const start = page.getByRole('button', { name: /^Archive [\d,]+ conversations…$/ });
    const [, count = ''] = /Archive ([\d,]+)/.exec((await start.textContent()) ?? '') ?? [];
    await start.click();
    await page.getByLabel(/^Type \d+ to confirm$/).fill(count.replace(',', ''));
    await page.getByRole('dialog').getByRole('button', { name: 'Archive', exact: true }).click();
    await page.getByText(`5 of ${count}`).waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    goOn();
    await page.getByText('10 conversations archived. 5 left unchanged.').waitFor();
    expect(plans.slice(1)).toEqual(['plan-1']);
  });
});

describeInBrowser('the clean-up of several profiles in the console', () => {
  let view: TestConsole;
  let page: Page;

  openForEach(
    (opened) => {
      view = opened;
      ({ page } = opened);
    },
    { settings: () => ({ PROFILES: 'on' }) },
  );

  it('shows what would go, and the profile of each, also where an id is in several', async () => {
    const longAgo = -50_000;
    writeProfile(join(dirname(view.path), 'profiles', 'work'), { twin: longAgo });
    const writer = HistoryWriter.open(view.path);
    addConversation(writer, 'twin', longAgo);
    writer.close();
    await until(async () => (await view.statusOf('twin')) === 409);
    await enterConsole(page, `${view.url}?page=clean-up`);
    await page.getByRole('button', { name: 'Preview' }).click();
    const twins = page.locator('.sample li').filter({ hasText: 'Title of twin' });
    await twins.nth(1).waitFor();
    const profiles = ['default', 'work'];
    for (const profile of profiles) {
      const line = twins.filter({ hasText: profile });
      expect(await line.count()).toBe(1);
      expect(await line.locator('a').getAttribute('href')).toContain(`in=${profile}`);
    }
  });
});
