// What runs in the page is written here as well.
/// <reference lib="dom" />

import type { Page } from 'playwright-core';
import type { SessionStatisticsResponse } from '../../src/statistics/session-statistics.response.js';
import { describeInBrowser, enterConsole } from '../support/browser.js';
import { openForEach, type TestConsole } from '../support/console.js';
import { until } from '../support/wait.js';

describeInBrowser('the statistics of the console', () => {
  let view: TestConsole;
  let page: Page;

  const reopen = openForEach(
    (opened) => {
      view = opened;
      ({ page } = opened);
    },
    { options: { timezoneId: 'Europe/Berlin' } },
  );

  const chart = (name: string): ReturnType<Page['getByRole']> => page.getByRole('slider', { name });
  const readout = async (): Promise<string> => (await page.locator('.readout span').textContent()) ?? '';

  it('count, and say of which time and in which zone', async () => {
    const statistics = await view.server.json<{ conversations: number }>('/hermes/v1/sessions/stats');
    await enterConsole(page, `${view.url}?page=statistics`);
    await page
      .locator('.figure', { hasText: 'conversations' })
      .getByText(statistics.conversations.toLocaleString('en-GB'), { exact: true })
      .waitFor();
    await chart('Conversations').locator('canvas').waitFor();
    await page.getByText('in Europe/Berlin').waitFor();
    await page.getByLabel('Metric').selectOption('Cost');
    await chart('Cost').waitFor();
    expect(await readout()).toMatch(/20\d\d: US\$[\d.,]+|unknown/);
    await page.getByLabel('Metric').selectOption('Conversations');
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    await view.picture('statistics');
  });

  it('are of the time that is chosen, and lead from a bar to its conversations', async () => {
    await enterConsole(page, `${view.url}?page=statistics`);
    await chart('Conversations').waitFor();
    await page.getByLabel('Time range', { exact: true }).selectOption('Last 30 days');
    await page.getByRole('heading', { name: 'By day' }).waitFor();
    const { total } = await view.list(
      `archived=any&limit=1&since=${new URL(page.url()).searchParams.get('from') ?? ''}`,
    );
    expect(total).toBeGreaterThan(0);
    await chart('Conversations').focus();
    await page.keyboard.press('Home');
    const first = await readout();
    await page.keyboard.press('ArrowRight');
    expect(await readout()).not.toBe(first);
    expect(await chart('Conversations').getAttribute('aria-valuetext')).toBe(await readout());
    await page.keyboard.press('End');
    for (let at = 0; at < 30 && (await readout()).includes(': 0 '); at++)
      await page.keyboard.press('ArrowLeft');
    const [, count = ''] = /: (\d+) conversations/.exec(await readout()) ?? [];
    await page.getByRole('button', { name: 'Show these conversations' }).click();
    await view.rows.first().waitFor();
    const { searchParams } = new URL(page.url());
    const [since, before] = ['since', 'until'].map((name) => searchParams.get(name) ?? '');
    expect(Date.parse(before ?? '') - Date.parse(since ?? '')).toBe(86_400_000);
    await until(async () => (await view.summary.textContent())?.startsWith(`${count} conversation`) === true);
  });

  it('lead from a platform to all that was counted of it, whatever was looked for before', async () => {
    const { by_day: days } = await view.server.json<SessionStatisticsResponse>('/hermes/v1/sessions/stats');
    const [from = '', to = ''] = [days.at(Math.floor(days.length / 2))?.day, days.at(-1)?.day];
    await enterConsole(page, `${view.url}?page=statistics&q=nothing-like-it&from=${from}&to=${to}`);
    const row = page.getByRole('region', { name: 'Platforms' }).locator('tbody tr').first();
    const counted = await row.locator('td').first().textContent();
    await row.getByRole('button').click();
    await until(
      async () => (await view.summary.textContent())?.startsWith(`${counted} conversation`) === true,
    );
  });

  it('are counted by UTC where the zone of the browser tells no place', async () => {
    await reopen({ timezoneId: 'EST5EDT' });
    await enterConsole(page, `${view.url}?page=statistics`);
    await page.getByText('in UTC').waitFor();
  });

  it('are of whole days where clocks go forward at midnight', async () => {
    await reopen({ timezoneId: 'Africa/Cairo' });
    const asked = page.waitForRequest((request) => request.url().includes('until='));
    await enterConsole(page, `${view.url}?page=statistics&from=2025-04-25&to=2025-04-25`);
    const { searchParams } = new URL((await asked).url());
    expect(['since', 'until'].map((name) => searchParams.get(name))).toEqual([
      '2025-04-24T22:00:00.000Z',
      '2025-04-25T21:00:00.000Z',
    ]);
  });

  it('say a number to the pointer', async () => {
    await enterConsole(page, `${view.url}?page=statistics`);
    await chart('Conversations').locator('canvas').waitFor();
    const last = await readout();
    const box = await page.locator('.u-over').boundingBox();
    await page.mouse.move((box?.x ?? 0) + 20, (box?.y ?? 0) + 100);
    await until(async () => (await readout()) !== last);
  });

  it('fit a phone', async () => {
    await reopen({ viewport: { width: 390, height: 844 } });
    await enterConsole(page, `${view.url}?page=statistics`);
    await chart('Conversations').locator('canvas').waitFor();
    const width = await page.evaluate(() =>
      Math.max(
        document.documentElement.scrollWidth,
        ...[...document.querySelectorAll('.statistics')].map((element) => element.scrollWidth),
      ),
    );
    expect(width).toBeLessThanOrEqual(390);
    expect(await view.opened.accessibilityProblems()).toEqual([]);
  });
});
