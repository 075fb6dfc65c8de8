/** Characters that mean something within a line of Markdown, of GitHub's dialect and with mathematics. */
const MARKS = /[\\`*_{}[\]<>&~|$]/g;

/**
 * Addresses on the web; what stands around them in a sentence is no part of them, and neither is what a viewer would decode. None is
 * longer than what servers take, so that looking for them takes time that grows with the text alone.
 */
const ADDRESS =
  /(https?:\/\/(?:(?!&#?\w{1,32};)[^\s<>"'`\\]){0,4000}(?:(?!&#?\w{1,32};)[^\s<>"'`\\.,;:!?)\]}]))/;

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
  const [indent = ''] = /^[ \t]*/.exec(line) ?? [];
  const rest = line.slice(indent.length, endOf(line));
  if (rest === '') return '';
  const typed = rest
    .split(ADDRESS)
    .map((piece, at) => (at % 2 === 1 ? `<${piece}>` : withoutMarks(piece)))
    .join('');
  // Spaces before a line make code of it, or are dropped; those that do not break are neither.
  if (indent !== '') return '\u00a0'.repeat(indent.replaceAll('\t', '    ').length) + typed;
  return typed.replace(BLOCK, (number) => `${number}\\`);
}

/** Where a line ends but for spaces. */
function endOf(line: string): number {
  let end = line.length;
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end--;
  return end;
}

function withoutMarks(text: string): string {
  return text.replace(MARKS, '\\$&').replace(LOOSE_ADDRESS, '$1\\');
}
