// What runs in the page is written here as well.
/// <reference lib="dom" />

import type { Browser, Page } from 'playwright-core';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { describeInBrowser, startBrowser } from '../support/browser.js';
import { TestConsole } from '../support/console.js';
import { until } from '../support/wait.js';

/** A silent recording of eight samples. */
const SILENCE = 'UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQgAAACAgICAgICAgA==';

interface Said {
  readonly role: 'user' | 'assistant' | 'tool' | 'system';
  readonly content: string;
  readonly calls?: readonly Call[];
  /** Id of the call that it is the result of, and its tool. */
  readonly of?: readonly [id: string, tool: string];
}

interface Call {
  readonly id: string;
  readonly tool: string;
  readonly input: unknown;
}

const user = (content: string): Said => ({ role: 'user', content });
const assistant = (content: string, ...calls: readonly Call[]): Said => ({
  role: 'assistant',
  content,
  calls,
});
const call = (id: string, tool: string, input: unknown): Call => ({ id, tool, input });
const result = (id: string, tool: string, content: string): Said => ({
  role: 'tool',
  content,
  of: [id, tool],
});

/** Two calls with a word before and after them. */
const WORK: readonly Said[] = [
  user('Is everything fine?'),
  assistant(
    '',
    call('c1', 'terminal', { command: 'make check' }),
    call('c2', 'read_file', { path: 'src/a.ts' }),
  ),
  result(
    'c1',
    'terminal',
    JSON.stringify({
      output: '\u001b[31mERROR\u001b[0m in line 3\nsecond line\n',
      exit_code: 2,
      error: null,
    }),
  ),
  result('c2', 'read_file', 'const marmalade = 1;'),
  assistant('No.'),
];

describeInBrowser('reading a conversation in the console', () => {
  let browser: Browser;
  let view: TestConsole;
  let page: Page;

  beforeAll(async () => {
    browser = await startBrowser();
  });

  afterAll(() => browser.close());

  beforeEach(async () => {
    view = await TestConsole.open(browser);
    ({ page } = view);
  });

  afterEach(async () => {
    expect(await view.close()).toEqual([]);
  });

  /** Writes a conversation as Hermes does, a second a message. @returns the ids of its messages. */
  async function write(id: string, said: readonly Said[]): Promise<readonly number[]> {
    const writer = HistoryWriter.open(view.path);
    const now = Math.floor(Date.now() / 1000) - 10_000;
    const ids: number[] = [];
    writer.together(() => {
      writer.addSession({ id, source: 'cli', title: `About ${id}`, started_at: now });
      for (const [at, { role, content, calls = [], of: [callId, tool] = [null, null] }] of said.entries())
        ids.push(
          writer.addMessage({
            ...{ session_id: id, role, content, timestamp: now + at, tool_call_id: callId, tool_name: tool },
            tool_calls:
              calls.length === 0
                ? null
                : JSON.stringify(
                    calls.map(({ id: own, tool: name, input }) => ({
                      ...{ id: own, type: 'function' },
                      function: { name, arguments: JSON.stringify(input) },
                    })),
                  ),
          }),
        );
    });
    writer.close();
    await until(async () => (await view.statusOf(id)) === 200);
    return ids;
  }

  async function open(id: string, said: readonly Said[]): Promise<readonly number[]> {
    const ids = await write(id, said);
    await view.signIn(`?session=${id}`);
    return ids;
  }

  /** Pixels from the middle of the window to the first mark of the message that is looked for. */
  function distanceOfHit(): Promise<number | undefined> {
    return page.evaluate(() => {
      const [mark] = (CSS.highlights.get('found-here') as Iterable<Range> | undefined) ?? [];
      const window = document.querySelector('.messages')?.getBoundingClientRect();
      if (mark === undefined || window === undefined) return undefined;
      const { top, height } = mark.getBoundingClientRect();
      return Math.abs(top + height / 2 - window.top - window.height / 2);
    });
  }

  function marked(): Promise<readonly string[]> {
    return page.evaluate(() =>
      ['found', 'found-here'].flatMap((name) =>
        [...((CSS.highlights.get(name) as Iterable<Range> | undefined) ?? [])].map(String),
      ),
    );
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

  it('tells calls of tools and their results in a line each, folded together, and shows them without their wrapping', async () => {
    await open('work', WORK);
    const head = page.getByRole('button', { name: '2 tool calls' });
    expect(await head.innerText()).toContain('terminal, read_file');
    expect(await head.innerText()).toContain('1 failed');
    expect(await page.locator('.step').count()).toBe(0);
    await head.click();
    const [first, second] = [page.locator('.step').nth(0), page.locator('.step').nth(1)];
    expect(await first.locator('summary').innerText()).toMatch(/^\$ make check\s*✗ 2 · 1\.0 s$/);
    expect(await second.locator('summary').innerText()).toMatch(/^read_file\s*src\/a\.ts\s*✓ · 2\.0 s$/);
    await first.locator('summary').click();
    const output = first.locator('.terminal');
    expect(await output.innerText()).toBe('ERROR in line 3\nsecond line\n');
    await view.picture('work');
    const colours = await output
      .locator('span')
      .evaluateAll((spans) => spans.map((span) => getComputedStyle(span).color));
    expect(new Set(colours).size).toBe(2);
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

  it('finds inside a conversation, and steps from hit to hit', async () => {
    const filler = (at: number): Said =>
      at % 2 === 0 ? user(`Question ${at}`) : assistant(`Answer ${at}\n\n`.repeat(9));
    const said = Array.from({ length: 300 }, (_, at) => filler(at));
    said[40] = user('The first quince of the year');
    said.splice(150, 5, ...WORK.slice(1), user('Let us talk about quince jam'));
    said[153] = result('c2', 'read_file', 'const quince = 1;');
    await open('found', said);
    await page.getByText('Answer 299').first().waitFor();
    await page.keyboard.press('Control+f');
    await page.getByRole('searchbox', { name: 'Find in this conversation' }).fill('quince');
    const status = page.locator('.find [role="status"]');
    await page.getByText('1 of 3').waitFor();
    await until(
      async () => ((await distanceOfHit()) ?? Infinity) < 20,
      'The hit in the middle of the window',
    );
    await page.keyboard.press('Enter');
    await page.getByText('2 of 3').waitFor();
    // What holds a hit is opened, however deep it is folded.
    await page.locator('.step .terminal', { hasText: 'const quince = 1;' }).waitFor();
    await until(
      async () => ((await distanceOfHit()) ?? Infinity) < 20,
      'The hit in the middle of the window',
    );
    await page.keyboard.press('Enter');
    await page.getByText('3 of 3').waitFor();
    await until(
      async () => ((await distanceOfHit()) ?? Infinity) < 20,
      'The hit in the middle of the window',
    );
    expect(new Set(await marked())).toEqual(new Set(['quince']));
    await page.keyboard.press('Shift+Enter');
    await page.getByText('2 of 3').waitFor();
    await page.getByRole('log').focus();
    await page.keyboard.press('n');
    await page.getByText('3 of 3').waitFor();
    await page.keyboard.press('N');
    await page.getByText('2 of 3').waitFor();
    expect(await view.opened.accessibilityProblems()).toEqual([]);
    await page.keyboard.press('Escape');
    await status.waitFor({ state: 'detached' });
    expect(await marked()).toEqual([]);
    // The conversation is still open.
    await page.keyboard.press('f');
    await page.getByRole('searchbox', { name: 'Find in this conversation' }).fill('nowhere at all');
    await page.getByText('No results').waitFor();
  });

  it('shows a hit of the list marked in the middle of the window, asked for with three requests', async () => {
    const said = Array.from({ length: 400 }, (_, at) => user(`Line ${at}`));
    said[170] = user(`${'Something long before it. '.repeat(60)} the persimmon tree`);
    said[371] = assistant('Another persimmon tree');
    const ids = await write('hit', said);
    await view.signIn('?q=persimmon');
    const requests: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/v1/sessions/hit')) requests.push(request.url());
    });
    await page.getByText('1 conversation', { exact: true }).waitFor();
    await view.rows.first().click();
    await page.getByText(/^[12] of 2$/).waitFor();
    await until(
      async () => ((await distanceOfHit()) ?? Infinity) < 20,
      'The hit in the middle of the window',
    );
    expect(requests.length).toBeLessThanOrEqual(3);
    await page.goto(`${view.url}?q=persimmon&session=hit&message=${ids[170] ?? 0}`);
    await page.getByText('1 of 2').waitFor();
    await until(
      async () => ((await distanceOfHit()) ?? Infinity) < 20,
      'The hit in the middle of the window',
    );
    await page.getByRole('button', { name: 'Next result' }).click();
    await page.getByText('2 of 2').waitFor();
    await until(
      async () => ((await distanceOfHit()) ?? Infinity) < 20,
      'The hit in the middle of the window',
    );
    expect(new URL(page.url()).searchParams.get('message')).toBe(String(ids[371]));
  });

  it('goes to what came next where a message is not there any more, and does not ask for it again', async () => {
    const ids = await write(
      'gone',
      Array.from({ length: 250 }, (_, at) => user(`Line ${at}`)),
    );
    const writer = HistoryWriter.open(view.path);
    writer.db.prepare('UPDATE messages SET active = 0 WHERE id IN (?, ?)').run(ids[120], ids[249]);
    writer.close();
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await view.signIn(`?session=gone&message=${ids[120] ?? 0}`);
    await page.locator('.message[data-sought]', { hasText: 'Line 121' }).waitFor();
    await until(() => Promise.resolve(new URL(page.url()).searchParams.get('message') === String(ids[121])));
    expect(requests.filter((url) => url.includes(`around=${ids[120] ?? 0}`))).toHaveLength(1);
    expect(requests.filter((url) => url.includes(`around=${ids[121] ?? 0}`))).toHaveLength(1);
    await page.goto(`${view.url}?session=gone&message=${ids[249] ?? 0}`);
    await page.getByText('Line 248', { exact: true }).waitFor();
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
          `| name | value |\n| - | - |\n| name | ${'value '.repeat(40)} |`,
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
    const cell = page.locator('.table td').first();
    expect(await cell.evaluate((found) => found.getClientRects()[0]?.height ?? 0)).toBeLessThan(1000);
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
    await page.getByRole('button', { name: 'More about the conversation' }).click();
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
