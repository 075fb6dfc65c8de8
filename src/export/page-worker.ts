import type { Message } from '../domain/message.js';
import { HTML } from './html.js';
import { MARKDOWN } from './markdown.js';

/** Messages to write in a format for people. */
export interface PageTask {
  readonly format: 'markdown' | 'html';
  readonly messages: readonly Message[];
}

/** The body of the thread that works out what Markdown means: a hostile text can keep a parser busy for long. */
export default function run({ format, messages }: PageTask): string {
  const { message: write } = format === 'html' ? HTML : MARKDOWN;
  return messages.map(write).join('');
}
