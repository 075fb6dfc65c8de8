import type { Message } from '../domain/message.js';
import { boundedWork } from './bounded-work.js';
import { HTML_MESSAGES } from './html-messages.js';
import { MARKDOWN_MESSAGES } from './markdown-messages.js';
import type { MessageFormat } from './page-format.js';

/** Time limit for rendering one message, in milliseconds. */
const MESSAGE_LIMIT = 1000;

/** Shown instead of a message that could not be rendered. */
const UNWRITTEN = 'This message could not be written in time.';

/** How long a page may use the thread before others get their turn, beyond its last message; in milliseconds. */
const TURN = 250;

/** Messages to render. */
export interface PageTask {
  readonly format: 'markdown' | 'html';
  /** At least one. */
  readonly messages: readonly Message[];
}

/** The result of one turn. */
export interface PagePiece {
  readonly text: string;
  /** How many messages were rendered, from the first one on. */
  readonly written: number;
}

/** The body of a thread that renders Markdown, because hostile texts can keep a parser busy for long. */
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

/** A message that cannot be rendered in time is written as plain text; if even that fails, a notice replaces it. */
function write({ message: write, meaning, plain }: MessageFormat, message: Message): string {
  return (
    boundedWork(() => write(message, meaning), MESSAGE_LIMIT) ??
    boundedWork(() => write(message, plain), MESSAGE_LIMIT) ??
    write({ ...message, content: UNWRITTEN, toolCalls: null, reasoning: null, reasoningContent: null }, plain)
  );
}
