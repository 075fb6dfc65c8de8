import type { Message } from '../domain/message.js';
import { boundedWork } from './bounded-work.js';
import { HTML_MESSAGES } from './html-messages.js';
import { MARKDOWN_MESSAGES } from './markdown-messages.js';
import type { MessageFormat } from './page-format.js';

/** How long it may take to work out what one message means, in milliseconds. */
const MESSAGE_LIMIT = 1000;

/** What stands in the place of a message that could not be written. */
const UNWRITTEN = 'This message could not be written in time.';

/** How long a page has the thread before others have their turn, beyond its last message; milliseconds. */
const TURN = 250;

/** Messages to write in a format for people. */
export interface PageTask {
  readonly format: 'markdown' | 'html';
  /** At least one. */
  readonly messages: readonly Message[];
}

/** What was written in one turn. */
export interface PagePiece {
  readonly text: string;
  /** How many messages it is of, from the first one on. */
  readonly written: number;
}

/** The body of a thread that works out what Markdown means: a hostile text can keep a parser busy for long. */
export default function run({ format: name, messages }: PageTask): PagePiece {
  const format = name === 'html' ? HTML_MESSAGES : MARKDOWN_MESSAGES;
  const end = performance.now() + TURN;
  const texts: string[] = [];
  for (const message of messages) {
    texts.push(write(format, message));
    if (performance.now() > end) break;
  }
  return { text: texts.join(''), written: texts.length };
}

/** What cannot be written in time is written as it is, and where even that takes too long, it is said. */
function write({ message: write, meaning, plain }: MessageFormat, message: Message): string {
  return (
    boundedWork(() => write(message, meaning), MESSAGE_LIMIT) ??
    boundedWork(() => write(message, plain), MESSAGE_LIMIT) ??
    write({ ...message, content: UNWRITTEN, toolCalls: null, reasoning: null, reasoningContent: null }, plain)
  );
}
