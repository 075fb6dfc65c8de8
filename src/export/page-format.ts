import type { Message } from '../domain/message.js';
import type { SessionDetail } from '../domain/session.js';

/** Formats a text of a user or a model. */
export type TextWriter = (text: string) => string;

/** The frame around the messages of a page. */
export interface PageFrame {
  /** The beginning of the page, with the title of its first session. */
  readonly begin: (first: SessionDetail) => string;
  readonly header: (session: SessionDetail) => string;
  readonly end: () => string;
}

/** Formats messages for readers. */
export interface MessageFormat {
  /** @param write formats the message's texts. */
  readonly message: (message: Message, write: TextWriter) => string;
  /** Interprets a text as Markdown, which can take long and can fail. */
  readonly meaning: TextWriter;
  /** Formats a text literally, which is fast. */
  readonly plain: TextWriter;
}
