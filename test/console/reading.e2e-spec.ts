// What runs in the page is written here as well.
/// <reference lib="dom" />

import type { Page } from 'playwright-core';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { SUMMARY_END } from '../../src/sessions/transcript/own-words.js';
import { describeInBrowser } from '../support/browser.js';
import { openForEach, type TestConsole } from '../support/console.js';
import {
  assistant,
  call,
  result,
  user,
  WORK,
  writeConversation,
  type Said,
} from '../support/conversation.js';
import { until } from '../support/wait.js';

/** A silent recording of eight samples. */
const SILENCE = 'UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQgAAACAgICAgICAgA==';

describeInBrowser('reading a conversation in the console', () => {
  let view: TestConsole;
  let page: Page;

  openForEach((opened) => {
    view = opened;
    ({ page } = opened);
  });

  async function open(id: string, said: readonly Said[]): Promise<readonly number[]> {
    const ids = await writeConversation(view, id, said);
    await view.signIn(`?session=${id}`);
    return ids;
  }

  it('shows what people typed as they typed it, and Markdown of the assistant alone', async () => {
    await open('typed', [
      user('First line\n  *second* line\n# third line'),
      assistant('Some **bold** text'),
      { role: 'system', content: '_plain_\ntext' },
    ]);
    const typed = page.locator('.message[data-role="user"] .typed');
    expect(await typed.innerText()).toBe('First line\n  *second* line\n# third line');
    expect(await page.locator('.message[data-role="assistant"] strong').allTextContents()).toEqual(['bold']);
    await page.locator('.message[data-role="system"] summary').click();
    expect(await page.locator('.message[data-role="system"] .typed').innerText()).toBe('_plain_\ntext');
  });

  it('folds away what a compaction wrote for the model, and shows what was said beside it', async () => {
    const summary = '[CONTEXT COMPACTION — REFERENCE ONLY] They had spoken of gardens.';
    await open('compacted', [user(summary), user(`${summary}\n\n${SUMMARY_END}\n\nGo on with step 3`)]);
    const [pure, carrier] = [page.locator('.message').nth(0), page.locator('.message').nth(1)];
    expect(await pure.locator('h2').innerText()).toBe('Summary for the model');
    expect(await pure.locator('.typed').count()).toBe(0);
    await pure.locator('summary').click();
    expect(await pure.locator('.typed').innerText()).toBe(summary);
    expect(await carrier.locator('h2').innerText()).toBe('You');
    expect(await carrier.locator('.typed').allInnerTexts()).toEqual(['Go on with step 3']);
    await carrier.locator('summary').click();
    expect(await carrier.locator('.typed').nth(1).innerText()).toContain('gardens');
    expect(await view.opened.accessibilityProblems()).toEqual([]);
  });

  it('tells calls of tools and their results in a line each, folded together, and shows them without their wrapping', async () => {
    await open('work', WORK);
    const head = page.getByRole('button', { name: '2 tool calls' });
    expect(await head.innerText()).toContain('terminal, read_file');
    expect(await head.innerText()).toContain('1 failed');
    expect(await page.locator('.step').count()).toBe(0);
    await head.click();
    const [first, second] = [page.locator('.step').nth(0), page.locator('.step').nth(1)];
    expect(await first.locator('summary').innerText()).toMatch(/^\$ make check\s*✗ 2 · 1\.0s$/);
    expect(await second.locator('summary').innerText()).toMatch(/^read_file\s*src\/a\.ts\s*✓ · 2\.0s$/);
    await first.locator('summary').click();
    const output = first.locator('.terminal');
    expect(await output.innerText()).toBe('ERROR in line 3\nsecond line\n');
    await view.picture('work');
    const colours = await output
      .locator('span')
      .evaluateAll((spans) => spans.map((span) => getComputedStyle(span).color));
    expect(new Set(colours).size).toBe(2);
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    await page.getByRole('button', { name: 'Hide tools' }).click();
    await head.waitFor({ state: 'detached' });
    await page.getByText('No.', { exact: true }).waitFor();
    await page.reload();
    await page.getByText('No.', { exact: true }).waitFor();
    expect(await head.count()).toBe(0);
    await page.getByRole('button', { name: 'Hide tools' }).click();
    await head.waitFor();
  });

  it('stands still but for what somebody scrolls, whatever is folded away', async () => {
    const turns = Array.from({ length: 60 }, (_, at) => [
      user(`Question ${at}`),
      ...WORK.slice(1, 4),
      assistant('', call('c3', 'terminal', { command: `ls ${at}` })),
      result('c3', 'terminal', `file ${at}`),
      assistant(`Answer ${at}\n\n`.repeat(1 + (at % 7))),
    ]);
    await open('steady', turns.flat());
    await page.getByText('Answer 59').first().waitFor();
    await page.getByRole('log').hover();
    await page.mouse.wheel(0, -100);
    const moves = await page.getByRole('log').evaluate(async (scroller) => {
      const settled = async (): Promise<void> => {
        const lookOf = (): string =>
          [...scroller.querySelectorAll('.message-place')]
            .map((place) => place.getBoundingClientRect().top)
            .join();
        let look = '';
        for (let steady = 0; steady < 6; steady++) {
          await new Promise(requestAnimationFrame);
          if (lookOf() !== look) steady = 0;
          look = lookOf();
        }
      };
      const found: number[] = [];
      await settled();
      for (let step = 0; step < 40; step++) {
        const { top, bottom } = scroller.getBoundingClientRect();
        const seen = [...scroller.querySelectorAll('.message[data-id]')].find((message) => {
          const place = message.getBoundingClientRect();
          return place.top > top && place.bottom < bottom - 200;
        });
        if (seen === undefined) continue;
        const before = seen.getBoundingClientRect().top;
        scroller.scrollTop -= 150;
        await settled();
        if (seen.isConnected) found.push(Math.round(seen.getBoundingClientRect().top - before));
      }
      return found;
    });
    expect(moves.length).toBeGreaterThan(20);
    expect(new Set(moves)).toEqual(new Set([150]));
  });

  it('says once that a conversation was deleted elsewhere, and shows nothing of it any more', async () => {
    await open('deleted', [user('Nobody reads this')]);
    await page.getByText('Nobody reads this').last().waitFor();
    expect((await view.server.delete('/hermes/v1/sessions/deleted')).status).toBe(200);
    await page.getByText('This conversation no longer exists.').waitFor();
    expect(await page.getByRole('alert').count()).toBe(1);
    expect(await page.getByRole('log').count()).toBe(0);
  });

  it('shows changes of files line by line', async () => {
    await open('edits', [
      assistant(
        '',
        call('e1', 'patch', { path: 'a.ts', old_string: 'one\ntwo\nthree', new_string: 'one\n2\nthree' }),
      ),
      result('e1', 'patch', JSON.stringify({ success: true, diff: '--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y' })),
    ]);
    await page.locator('.step summary').click();
    const diff = page.locator('.diff').first();
    await diff.waitFor();
    expect(await diff.locator('[data-kind="removed"]').allTextContents()).toEqual(['-two\n']);
    expect(await diff.locator('[data-kind="added"]').allTextContents()).toEqual(['+2\n']);
    expect(await view.opened.accessibilityProblems()).toEqual([]);
  });

  it('shows code in colours, formulas, tables, tasks and recordings, none of which is in the way of anybody', async () => {
    const sound = { type: 'input_audio', input_audio: { data: SILENCE, format: 'wav' } };
    const file = { type: 'file', file: { file_data: 'QUJD'.repeat(200) } };
    await open('rich', [
      user(`\u0000json:${JSON.stringify([{ type: 'text', text: 'Listen:' }, sound, file])}`),
      assistant(
        [
          '# A heading\n\n#### A deeper one',
          '```ts\nconst answer: number = 42;\n```',
          'Of \\(E = mc^2\\) and $x_1$, for $5 or $6, follows\n\n\\[\n\\frac{a}{b}\n\\]',
          '- [x] done\n- [ ] open',
          `| name |${' identifier |'.repeat(12)}\n| - |${' - |'.repeat(12)}\n| name |${' value |'.repeat(12)}`,
        ].join('\n\n'),
      ),
    ]);
    await page.locator('.hljs-keyword', { hasText: 'const' }).waitFor();
    await page.locator('math').nth(2).waitFor();
    expect(await page.locator('math').count()).toBe(3);
    expect(await page.locator('.markdown').innerText()).toContain('for $5 or $6, follows');
    expect(await page.getByRole('checkbox', { name: 'done' }).isChecked()).toBe(true);
    expect(await page.locator('audio').evaluate((audio) => (audio as HTMLAudioElement).error)).toBeNull();
    expect(await page.locator('.message[data-role="user"]').innerText()).toContain('file, 600 B');
    expect(await page.locator('.message[data-role="user"]').innerText()).not.toContain('QUJDQUJD');
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    await view.picture('rich');
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    await page.setViewportSize({ width: 390, height: 800 });
    // Words of a table are whole: it scrolls instead.
    expect(await page.locator('.table').evaluate((found) => found.scrollWidth > found.clientWidth)).toBe(
      true,
    );
    const word = await page
      .locator('.table th')
      .first()
      .evaluate((found) => {
        const range = document.createRange();
        range.selectNodeContents(found);
        return range.getClientRects().length;
      });
    expect(word).toBe(1);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });

  it('names the tab, and copies messages, code, links and what continues it in Hermes', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const ids = await open('copied', [user('Copy *me*'), assistant('```sh\nls -la\n```')]);
    await page.waitForFunction(() => document.title === 'About copied · Hermes history');
    const copied = async (name: string): Promise<string> => {
      await page.getByRole('button', { name, exact: true }).first().click();
      await page.getByRole('button', { name: 'Copied' }).first().waitFor();
      return page.evaluate(() => navigator.clipboard.readText());
    };
    expect(await copied('Copy message')).toBe('Copy *me*');
    expect(await copied('Copy code')).toBe('ls -la\n');
    expect(await copied('Continue in Hermes')).toBe('hermes --resume copied');
    expect(await copied('Copy link')).toBe(`${view.url}?session=copied&in=default`);
    const link = await copied('Copy link to message');
    expect(link).toBe(`${view.url}?session=copied&in=default&message=${ids[0] ?? 0}`);
    await page.goto(link);
    await page.locator('.message[data-sought]', { hasText: 'Copy *me*' }).waitFor();
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.title === 'Hermes history');
  });

  it('stays at the end for whoever reads it, also in a window of another size, and goes there at once', async () => {
    const line = (at: number): string =>
      Array.from({ length: 1 + (at % 7) * 3 }, () => `Line ${at}`).join('\n');
    const ids = await open(
      'tall',
      Array.from({ length: 400 }, (_, at) => user(line(at))),
    );
    const log = page.getByRole('log');
    const isAtEnd = (): Promise<boolean> =>
      log.evaluate(
        ({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight < 2,
      );
    const last = page.getByText('Line 399');
    await last.waitFor();
    await until(isAtEnd);
    await page.setViewportSize({ width: 800, height: 600 });
    await page.setViewportSize({ width: 480, height: 700 });
    await until(isAtEnd);
    await page.setViewportSize({ width: 1280, height: 800 });
    const writer = HistoryWriter.open(view.path);
    writer.addMessage({ session_id: 'tall', role: 'user', content: 'News', timestamp: Date.now() / 1000 });
    writer.close();
    await page.getByText('News', { exact: true }).waitFor();
    expect(await page.locator('.pill').count()).toBe(0);
    await page.goto(`${view.url}?session=tall&message=${ids[200] ?? 0}`);
    await page.locator('.message[data-sought]').waitFor();
    await log.focus();
    await page.keyboard.press('End');
    await page.getByText('News', { exact: true }).waitFor();
    await until(isAtEnd);
    // Whatever scrolls for whoever reads.
    await log.evaluate((element) => {
      element.scrollTo({ top: 0 });
    });
    await page.getByText('Line 0', { exact: true }).waitFor();
    await page.setViewportSize({ width: 900, height: 700 });
    await page.getByText('Line 0', { exact: true }).waitFor();
    expect(await isAtEnd()).toBe(false);
  });

  it('makes room for what is read, and tells how much came meanwhile', async () => {
    await open(
      'long',
      Array.from({ length: 120 }, (_, at) => user(`Line ${at}`)),
    );
    const facts = page.locator('.conversation-header .facts');
    await page.getByText('Line 119', { exact: true }).waitFor();
    expect(await facts.isVisible()).toBe(true);
    await page.getByRole('log').hover();
    await page.mouse.wheel(0, -900);
    await facts.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Conversation details' }).click();
    await facts.waitFor();
    const writer = HistoryWriter.open(view.path);
    for (const at of [1, 2])
      writer.addMessage({
        ...{ session_id: 'long', role: 'assistant', content: `News ${at}`, timestamp: Date.now() / 1000 },
      });
    writer.close();
    await page.getByRole('button', { name: '↓ 2 new messages' }).click();
    await page.getByText('News 2', { exact: true }).waitFor();
    await page.locator('.pill').waitFor({ state: 'detached' });
    await page.getByRole('log').evaluate((element) => {
      element.scrollTo({ top: 0 });
    });
    await facts.waitFor();
  });
});
