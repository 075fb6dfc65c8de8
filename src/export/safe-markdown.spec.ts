import fc from 'fast-check';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { HOSTILE_TEXTS } from '../../test/support/hostile.js';
import { liveThings } from '../../test/support/live-html.js';
import { rounds } from '../../test/support/rounds.js';
import { fenced, inline } from './literal-markdown.js';
import { safeMarkdown } from './safe-markdown.js';

/** The HTML of a viewer that allows everything. */
function shown(markdown: string, github: boolean): string {
  return micromark(markdown, {
    allowDangerousHtml: true,
    allowDangerousProtocol: true,
    ...(github ? { extensions: [gfm()], htmlExtensions: [gfmHtml()] } : {}),
  });
}

function livesIn(text: string): readonly string[] {
  const markdown = `${safeMarkdown(text)}\n\nBEHIND`;
  return [false, true].flatMap((github) => {
    const html = shown(markdown, github);
    const isBehind = /<p>BEHIND<\/p>\n?(<section[\s\S]*<\/section>\n?)?$/.test(html);
    return [...liveThings(html), ...(isBehind ? [] : ['what follows is part of it'])];
  });
}

describe('Markdown of a message', () => {
  it.each([...HOSTILE_TEXTS])('has nothing alive in it: %j', (text) => {
    expect(livesIn(text)).toEqual([]);
  });

  it('has nothing alive in it, whatever pieces it is made of', () => {
    const pieces = [
      ...[
        '<',
        '>',
        '</',
        '<script>',
        '<b ',
        'onclick=x',
        '<!--',
        '-->',
        '<?',
        '<![CDATA[',
        '[',
        ']',
        '](',
        ')',
        '![',
        ']:',
      ],
      ...[
        'javascript:alert(1)',
        'https://a.example',
        '&#106;',
        '`',
        '```',
        '~~~',
        '\n',
        '\n\n',
        '    ',
        '> ',
        '- ',
        '1. ',
      ],
      ...['|', '| - |', '\\', '*', '_', '~', '#', 'word', ' ', '\t', '[^1]', '[^1]: ', '=', '---'],
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 25 }), (parts) => {
        expect(livesIn(parts.join(''))).toEqual([]);
      }),
      rounds(3000),
    );
  });

  it.each([
    'Plain **bold** and `code` with a [link](https://example.com) and ![picture](https://example.com/a.png).',
    '```ts\nconst a: Array<string> = [];\n```\n\nDone.',
    'Compare `a < b` with `Map<string, number>` and 1 < 2.',
    '| a | b |\n| - | - |\n| 1 | 2 |',
    '1. one\n2. two\n   - deeper\n\n> quoted',
    'See <https://example.com> or write to <mail@example.com>.',
    '',
  ])('stays as it is where nothing in it is dangerous: %j', (text) => {
    expect(safeMarkdown(text)).toBe(text);
  });

  it('shows what was taken the meaning of as text', () => {
    expect(safeMarkdown('Use <b> and `<i>` here')).toBe('Use &lt;b> and `<i>` here');
    expect(safeMarkdown('[x](javascript:alert(1)) and [y](https://y.example)')).toBe(
      '\\[x](javascript:alert(1)) and [y](https://y.example)',
    );
  });

  it('fences what cannot be told apart otherwise', () => {
    expect(safeMarkdown('```\nnever closed')).toBe('````\n```\nnever closed\n````');
    expect(fenced('```` four', 'json')).toBe('`````json\n```` four\n`````');
  });

  it('keeps a title within its line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const html = shown(`# x${inline(text)}x`, true);
        expect(liveThings(html)).toEqual([]);
        expect(html).toMatch(/^<h1>[^\n]*<\/h1>$/);
      }),
      rounds(1000),
    );
  });
});
