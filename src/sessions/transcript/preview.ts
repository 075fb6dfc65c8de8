import { readableText } from './message-content.js';

const PREVIEW_LENGTH = 60;

/** The start of a session's first user message as one line; `...` shows that it goes on. */
export function toPreview(stored: string | null): string {
  // Cut before anything is counted or replaced: a message can have millions of characters.
  const start = readableText(stored)
    .trim()
    .slice(0, 2 * (PREVIEW_LENGTH + 1));
  const characters = Array.from(start.replace(/[\r\n]/g, ' '));
  return characters.length > PREVIEW_LENGTH
    ? `${characters.slice(0, PREVIEW_LENGTH).join('')}...`
    : characters.join('');
}
