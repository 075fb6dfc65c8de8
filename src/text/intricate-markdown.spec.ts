import { INTRICATE_TEXTS } from '../../test/support/hostile.js';
import { isIntricateMarkdown } from './intricate-markdown.js';

describe('intricate Markdown', () => {
  it.each(INTRICATE_TEXTS.map((text) => [text.slice(0, 10), text]))(
    'is what begins with so many %j',
    (_start, text) => {
      expect(isIntricateMarkdown(text)).toBe(true);
    },
  );

  it.each([
    `${'> '.repeat(20)}an answer to an answer`,
    `| ${'cell | '.repeat(8)}\n`.repeat(100),
    '- a list\n  - in a list\n    1. in a list\n\n'.repeat(100),
    `A separator:\n\n${'*'.repeat(80)}\n\n${'='.repeat(80)}\n`,
    `\`\`\`ts\n${'const a = { b: [1, 2], c: (d) => d[0] };\n'.repeat(100)}\`\`\`\n`,
  ])('is nothing that people write, as no. %#', (text) => {
    expect(isIntricateMarkdown(text)).toBe(false);
  });
});
