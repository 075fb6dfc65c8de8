import { safeCut } from '../../text/safe-cut.js';

/** Maximum length of a title, model or tool name: Hermes's own names are shorter. */
const LONGEST = 200;

/** Recorded text as one line of limited length, so that it cannot imitate other lines. */
export function oneLine(text: string): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length <= LONGEST ? line : `${line.slice(0, safeCut(line, LONGEST))}…`;
}

/** An id in the server's own words. Any text can be an id: one with unusual characters is written as a JSON string. */
export function namedId(id: string): string {
  return /^[\w.:@+-]+$/.test(id) ? id : JSON.stringify(id);
}
