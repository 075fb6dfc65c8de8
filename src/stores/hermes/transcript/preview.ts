import { readableText } from './message-content.js';

const PREVIEW_LENGTH = 60;

/** The start of a session's first user message as one line; `...` shows that it goes on. */
export function toPreview(stored: string | null): string {
  const line = readableText(stored)
    .replace(/[\r\n]/g, ' ')
    .trim();
  // Cut before counting code points: a message can have millions.
  const characters = Array.from(line.slice(0, 2 * (PREVIEW_LENGTH + 1)));
  return characters.length > PREVIEW_LENGTH ? `${characters.slice(0, PREVIEW_LENGTH).join('')}...` : line;
}
