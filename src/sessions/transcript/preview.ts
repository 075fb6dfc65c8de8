import { readableText } from './message-content.js';
import { ownWords } from './own-words.js';

const PREVIEW_LENGTH = 60;

/**
 * The start of what a user wrote in a message, on one line; `...` marks that it was cut.
 * @returns null if the message is only a summary of earlier ones.
 */
export function toPreview(stored: string | null): string | null {
  const words = ownWords(readableText(stored));
  if (words === null) return null;
  // Cut first, because a message can have millions of characters.
  const start = words.trim().slice(0, 2 * (PREVIEW_LENGTH + 1));
  const characters = Array.from(start.replace(/[\r\n]/g, ' '));
  return characters.length > PREVIEW_LENGTH
    ? `${characters.slice(0, PREVIEW_LENGTH).join('')}...`
    : characters.join('');
}
