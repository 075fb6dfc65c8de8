import type { MessageResponse } from '../sessions/dto/message.response.js';
import { HTML } from './html.js';
import { MARKDOWN } from './markdown.js';

/** Messages to write in a format for people. */
export interface PageTask {
  readonly format: 'markdown' | 'html';
  readonly messages: readonly MessageResponse[];
}

/** The body of the thread that works out what Markdown means: a hostile text can keep a parser busy for long. */
export default function run({ format, messages }: PageTask): string {
  const { message: write } = format === 'html' ? HTML : MARKDOWN;
  return messages.map(write).join('');
}
