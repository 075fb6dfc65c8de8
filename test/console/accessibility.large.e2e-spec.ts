import type { Page } from 'playwright-core';
import { describeInBrowser, browserForAll } from '../support/browser.js';
import { TestConsole } from '../support/console.js';
import { assistant, call, result, user, WORK, writeConversation } from '../support/conversation.js';
import { atLength } from '../support/rounds.js';

/** A conversation with everything that a transcript can hold. */
const EVERYTHING = [
  ...WORK,
  assistant(
    'An edit, and a table:\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n- [x] done\n- [ ] to do\n\n```ts\nconst a = "b";\n```',
    call('e', 'patch', { path: 'src/a.ts', old_string: 'const a = 1;', new_string: 'const a = 2;' }),
  ),
  result('e', 'patch', '{"success": true}'),
  { role: 'system', content: 'Be brief.' } as const,
  user('Thank you for the quince'),
];

type Colours = readonly [string, Parameters<typeof TestConsole.open>[1]];

/** Our own colours once in a short run, and those of a system. */
const COLOURS = atLength<readonly Colours[]>(
  [
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['in the colours of the system', { forcedColors: 'active' }],
    ['in the dark colours of the system', { forcedColors: 'active', colorScheme: 'dark' }],
  ],
  [
    ['dark', { colorScheme: 'dark' }],
    ['in the colours of the system', { forcedColors: 'active' }],
  ],
);

describeInBrowser('everything in the console can be used by everybody', () => {
  const browser = browserForAll();
  let view: TestConsole;
  let page: Page;

  afterEach(async () => {
    expect(await view.close()).toEqual([]);
  });

  it.each(COLOURS)('where the page is %s', async (_name, options) => {
    view = await TestConsole.open(browser(), options);
    ({ page } = view);
    const found: string[] = [];
    const look = async (where: string): Promise<void> => {
      found.push(...(await view.opened.accessibilityProblems()).map((problem) => `${where}: ${problem}`));
    };
    await writeConversation(view, 'everything', EVERYTHING);
    await page.goto(view.url);
    await page.getByLabel('Server key').waitFor();
    await look('sign-in');
    await view.signIn();
    await page.getByText('Filters', { exact: true }).click();
    await page.getByRole('group', { name: 'Platform' }).getByLabel('cron').waitFor();
    await look('list and filters');
    await page.goto(`${view.url}?session=everything&archived=any`);
    await page.getByRole('button', { name: '2 tool calls' }).click();
    for (const at of [0, 1, 2]) {
      await page.locator('.step > summary').nth(at).click();
      // What it opens moves the ones below it.
      await page.locator('.step-details').nth(at).waitFor();
    }
    await page.locator('.terminal').first().waitFor();
    await page.locator('.diff').waitFor();
    await page.locator('.message[data-role="system"] summary').click();
    await look('transcript');
    await page.keyboard.press('Control+f');
    await page.getByRole('searchbox', { name: 'Find in this conversation' }).fill('quince');
    await page.getByText('1 of 1').waitFor();
    await look('hits');
    await page.getByRole('button', { name: 'About everything', exact: true }).click();
    await look('rename');
    await page.keyboard.press('Escape');
    await page.keyboard.press('#');
    await page.getByRole('dialog').getByText('About everything').waitFor();
    await look('deletion');
    await page.keyboard.press('Escape');
    for (const [key, dialog] of [
      ['?', 'Keyboard'],
      ['Control+k', 'Commands'],
    ] as const) {
      await page.getByRole('listbox', { name: 'Conversations' }).focus();
      await page.keyboard.press(key);
      await page.getByRole('dialog', { name: dialog }).waitFor();
      await look(dialog);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog', { name: dialog }).waitFor({ state: 'hidden' });
    }
    await view.rows.nth(1).locator('.row-check').click();
    await page.getByText('1 conversation selected').waitFor();
    await look('selection');
    await page.getByRole('button', { name: 'Statistics' }).click();
    await page.locator('.figure').first().waitFor();
    await page.getByText('Show as table').click();
    await look('statistics');
    await page.getByRole('button', { name: 'Clean up' }).click();
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.locator('.sample a').first().waitFor();
    await look('clean-up');
    expect(found).toEqual([]);
  });
});
