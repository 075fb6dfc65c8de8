/** Quotes and lists inside each other that a line may begin. */
const MOST_NESTED = 50;

/** Characters that can mean something in Markdown, of which a text may have so many. */
const MOST_MARKS = 3000;

const NESTED = new RegExp(String.raw`^(?:[ \t]*(?:>|[-*+](?=\s)|\d{1,9}[.)](?=\s))){${MOST_NESTED}}`, 'm');

const MARKS = /[\n!#&()*+:<=>@[\\\]^_`|~-]/g;

/**
 * Whether it could take a parser too long, or lead it too deep, to work out what a text means as Markdown: the time grows with the
 * square of the number of marks that are opened and never closed, and a page stops where quotes in quotes use up its stack. Such a
 * text is shown as it is. What people and models write is far from it.
 */
export function isIntricateMarkdown(text: string): boolean {
  return NESTED.test(text) || (text.match(MARKS)?.length ?? 0) > MOST_MARKS;
}
