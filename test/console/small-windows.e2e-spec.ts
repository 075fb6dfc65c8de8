// What runs in the page is written here as well.
/// <reference lib="dom" />

import type { Page } from 'playwright-core';
import { describeInBrowser } from '../support/browser.js';
import { openForEach, type TestConsole } from '../support/console.js';
import { assistant, user, writeConversation } from '../support/conversation.js';

/** As long as Hermes allows. */
const LONGEST =
  'How the pumpkins came to be planted beside the beans and what became of them over a long wet summer'.padEnd(
    100,
    '.',
  );

/** A phone, a small one, that held sideways, and a screen of 1280 × 1024 at 400 % (https://www.w3.org/TR/WCAG21/#reflow). */
const WINDOWS = [
  { width: 390, height: 844 },
  { width: 320, height: 568 },
  { width: 568, height: 320 },
  { width: 320, height: 256 },
];

describeInBrowser('a conversation in a small window', () => {
  let view: TestConsole;
  let page: Page;

  openForEach((opened) => {
    view = opened;
    ({ page } = opened);
  });

  async function open(title: string): Promise<void> {
    await writeConversation(view, 'small', [
      user('Which beans?'),
      assistant('Runner beans, beside the fence.'),
    ]);
    const { status } = await view.server.patch('/hermes/v1/sessions/small', { title });
    expect(status).toBe(200);
    await view.signIn('?session=small');
    await page.locator('.message').first().waitFor();
  }

  it.each(WINDOWS)('has room to read beside its head in $width × $height', async (size) => {
    await open(LONGEST);
    await page.setViewportSize(size);
    await page.reload();
    await page.locator('.conversation-head').waitFor();
    const height = await page.locator('.messages').evaluate((messages) => messages.clientHeight);
    expect(height).toBeGreaterThan(size.height / 4);
    const isTitleWithin = await page
      .locator('.conversation-header .title')
      .evaluate((title) => title.getBoundingClientRect().right <= innerWidth);
    expect(isTitleWithin).toBe(true);
  });

  it.each(['ltr: Beans and pumpkins of the garden', 'מראה הגינה בקיץ, עם דלועים ושעועית'])(
    'has its title beside the buttons, whichever way it is read: %s',
    async (title) => {
      await open(title);
      const [text, buttons] = await page.evaluate(() => {
        const range = document.createRange();
        range.selectNodeContents(document.querySelector('.conversation-header .title') ?? document.body);
        const place = document.querySelector('.reading')?.getBoundingClientRect();
        return [range.getBoundingClientRect(), place] as const;
      });
      expect(text.right).toBeLessThanOrEqual(buttons?.left ?? 0);
    },
  );
});
