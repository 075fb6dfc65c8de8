import { safeCut } from '../../text/safe-cut.js';

/** Characters of a title, a model or a tool: Hermes's own names are shorter. */
const LONGEST = 200;

/** What was recorded as one line of bounded length, so that it looks like no other lines than its own. */
export function oneLine(text: string): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length <= LONGEST ? line : `${line.slice(0, safeCut(line, LONGEST))}…`;
}

/** An id where this server itself speaks of it: one that other characters are in, as any text may be one, stands as a string of JSON. */
export function namedId(id: string): string {
  return /^[\w.:@+-]+$/.test(id) ? id : JSON.stringify(id);
}
