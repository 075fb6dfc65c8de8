import fc from 'fast-check';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { parse, type DefaultTreeAdapterTypes } from 'parse5';
import { HOSTILE_TEXTS } from '../../test/support/hostile.js';
import { liveThings } from '../../test/support/live-html.js';
import { rounds } from '../../test/support/rounds.js';
import { typedMarkdown } from './typed-markdown.js';

/** The HTML of a viewer that allows everything, for a text with something after it. */
function htmlOf(text: string): string {
  return micromark(`${typedMarkdown(text)}\n\nBEHIND`, {
    ...{ allowDangerousHtml: true, allowDangerousProtocol: true },
    ...{ extensions: [gfm()], htmlExtensions: [gfmHtml()] },
  });
}

/** The lines as read in a viewer; a paragraph ends with an empty line. */
function readLines(text: string): readonly string[] {
  const pieces: string[] = [];
  const walk = (node: DefaultTreeAdapterTypes.Node): void => {
    if (node.nodeName === 'br') pieces.push('\n');
    else if ('value' in node) pieces.push(node.value.replaceAll('\n', ''));
    if ('childNodes' in node) node.childNodes.forEach(walk);
    if (node.nodeName === 'p') pieces.push('\n\n');
  };
  walk(parse(htmlOf(text)));
  return pieces.join('').split('\n');
}

/** The visible lines of a text. */
function typedLines(text: string): readonly string[] {
  const lines = text.replaceAll('\0', '\uFFFD').split(/\r\n|\r|\n/);
  const seen = lines.map((line) =>
    line
      .replace(/[ \t]+$/, '')
      .replace(/^[ \t]+/, (indent) => '\u00a0'.repeat(indent.replaceAll('\t', '    ').length)),
  );
  return [...seen, '', 'BEHIND', '']
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/^\n+/, '')
    .split('\n');
}

describe('what somebody typed, as Markdown', () => {
  it.each([
    'Second line without blank line.\nThird line.\n\nA new paragraph.',
    '# no heading\n- no list\n1. no list either\n> no quote\n    no code\n===\n---\n***\n| a | b |\n| - | - |',
    'Look at https://example.org/a_b?c=*d*&e=1, www.example.org/_x_ and me_too@example.org.',
    'See https://example.org/?a=1&copy;=2 for *.ts and `code` in src/__tests__ for $5 or $6',
    ...HOSTILE_TEXTS.map((text) => text.slice(0, 1500)),
  ])('reads as it was typed: %j', (text) => {
    expect(readLines(text).filter((line) => line !== '')).toEqual(
      typedLines(text).filter((line) => line !== ''),
    );
    expect(liveThings(htmlOf(text))).toEqual([]);
  });

  it('reads as it was typed, whatever pieces it is made of', () => {
    const pieces = [
      ...[
        'a',
        'b c',
        '1',
        '.',
        ')',
        ' ',
        '    ',
        '\t',
        '\n',
        '\n\n',
        '\r\n',
        '*',
        '_',
        '`',
        '```',
        '~~',
        '#',
        '-',
        '---',
      ],
      ...[
        '=',
        '+',
        '>',
        '<',
        '</b>',
        '<b>',
        '[',
        ']',
        '(',
        '![',
        ']: ',
        '|',
        '\\',
        '&amp;',
        '&',
        '$',
        ':',
        '!',
        '@c.de',
      ],
      ...['http://', 'https://x.yz/', 'www.', 'x.yz', '^', '"', '{', '}', '[^1]: ', '<!--', '\u00a0'],
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 14 }), (chosen) => {
        const text = chosen.join('');
        expect(readLines(text).filter((line) => line !== '')).toEqual(
          typedLines(text).filter((line) => line !== ''),
        );
        expect(liveThings(htmlOf(text))).toEqual([]);
      }),
      rounds(2000),
    );
  });

  it('keeps addresses as links', () => {
    const tree = fromMarkdown(typedMarkdown('Look at https://example.org/a_b?c=1&d=2.'));
    expect(JSON.stringify(tree)).toContain('"url":"https://example.org/a_b?c=1&d=2"');
  });
});
