/** Characters with an inline meaning in GitHub's Markdown and in mathematics. */
const MARKS = /[\\`*_{}[\]<>&~|$]/g;

/**
 * Web addresses, without surrounding punctuation and without character references that a viewer would decode. Their length is limited as
 * by servers, so that matching runs in linear time.
 */
const ADDRESS =
  /(https?:\/\/(?:(?!&#?\w{1,32};)[^\s<>"'`\\]){0,4000}(?:(?!&#?\w{1,32};)[^\s<>"'`\\.,;:!?)\]}]))/;

/** The beginnings of texts that viewers link automatically, up to the character without which they do not. */
const LOOSE_ADDRESS = /(https?|www)(?=[:.])/gi;

/** The beginnings of lines that form a heading, a list or a rule. */
const BLOCK = /^(?=[-#+=:])|^\d{1,9}(?=[.)])/;

/**
 * A user's text as Markdown that shows exactly this text: line breaks are kept, and nothing has a meaning except web addresses, which
 * become links. The result consists of paragraphs only, so it does not affect what follows.
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
  // Leading spaces would form a code block or be dropped; non-breaking spaces are neither.
  if (indent !== '') return '\u00a0'.repeat(indent.replaceAll('\t', '    ').length) + typed;
  return typed.replace(BLOCK, (number) => `${number}\\`);
}

/** The end of a line without trailing spaces. */
function endOf(line: string): number {
  let end = line.length;
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end--;
  return end;
}

function withoutMarks(text: string): string {
  return text.replace(MARKS, '\\$&').replace(LOOSE_ADDRESS, '$1\\');
}
