/** Characters that mean something within a line of Markdown, of GitHub's dialect and with mathematics. */
const MARKS = /[\\`*_{}[\]<>&~|$]/g;

/** Addresses on the web; what stands around them in a sentence is no part of them, and neither is what a viewer would decode. */
const ADDRESS = /(https?:\/\/(?:(?!&#?\w+;)[^\s<>"'`\\])*(?:(?!&#?\w+;)[^\s<>"'`\\.,;:!?)\]}]))/;

/** What viewers take for an address by themselves, up to the sign without which they do not. */
const LOOSE_ADDRESS = /(https?|www)(?=[:.])/gi;

/** What makes a heading, a list or a rule of a line that begins with it. */
const BLOCK = /^(?=[-#+=:])|^\d{1,9}(?=[.)])/;

/**
 * What somebody typed, as Markdown that shows exactly that: every line is a line, and nothing in it has a meaning but that addresses
 * on the web lead there. All of it is paragraphs, so that what follows stands on its own.
 */
export function typedMarkdown(text: string): string {
  const lines = text
    .replaceAll('\0', '\uFFFD')
    .split(/\r\n|\r|\n/)
    .map(typedLine);
  return lines
    .map((line, at) => (line === '' || (lines[at + 1] ?? '') === '' ? line : `${line}\\`))
    .join('\n');
}

function typedLine(line: string): string {
  const [, indent = '', rest = ''] = /^([ \t]*)(.*?)[ \t]*$/s.exec(line) ?? [];
  if (rest === '') return '';
  const typed = rest
    .split(ADDRESS)
    .map((piece, at) => (at % 2 === 1 ? `<${piece}>` : withoutMarks(piece)))
    .join('');
  // Spaces before a line make code of it, or are dropped; those that do not break are neither.
  if (indent !== '') return '\u00a0'.repeat(indent.replaceAll('\t', '    ').length) + typed;
  return typed.replace(BLOCK, (number) => `${number}\\`);
}

function withoutMarks(text: string): string {
  return text.replace(MARKS, '\\$&').replace(LOOSE_ADDRESS, '$1\\');
}
