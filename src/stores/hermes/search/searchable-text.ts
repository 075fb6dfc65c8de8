import { readableText } from '../../../sessions/transcript/message-content.js';

/** What is searched in a message: its content and its tool's name and calls, as Hermes's own index holds them. */
export function searchableText(stored: readonly unknown[]): string {
  return stored
    .map((value) => (typeof value === 'string' ? readableText(value) : ''))
    .filter((text) => text !== '')
    .join(' ');
}
