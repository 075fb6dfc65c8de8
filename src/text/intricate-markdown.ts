/** Most nested quotes and lists at the beginning of a line. */
const MOST_NESTED = 50;

/** Most characters of a text that can have a meaning in Markdown. */
const MOST_MARKS = 3000;

const NESTED = new RegExp(String.raw`^(?:[ \t]*(?:>|[-*+](?=\s)|\d{1,9}[.)](?=\s))){${MOST_NESTED}}`, 'm');

const MARKS = /[\n!#&()*+:<=>@[\\\]^_`|~-]/g;

/**
 * Whether a text could take a Markdown parser too long or too deep: its time grows with the square of the number of unclosed markers, and
 * deeply nested quotes overflow a page's stack. Such a text is shown as plain text. Texts of people and models stay far below these
 * limits.
 */
export function isIntricateMarkdown(text: string): boolean {
  return NESTED.test(text) || (text.match(MARKS)?.length ?? 0) > MOST_MARKS;
}
