import type { Message } from '../domain/message.js';
import type { SessionDetail } from '../domain/session.js';

/** Writes a text of a person or a model. */
export type TextWriter = (text: string) => string;

/** What stands around the messages of a transcript in a text for people. */
export interface PageFrame {
  /** What stands before everything else; the page is named after its first session. */
  readonly begin: (first: SessionDetail) => string;
  readonly header: (session: SessionDetail) => string;
  readonly end: () => string;
}

/** How messages become a text for people. */
export interface MessageFormat {
  /** @param write how its texts are written. */
  readonly message: (message: Message, write: TextWriter) => string;
  /** Writes a text as what it means as Markdown, which can take long and can fail. */
  readonly meaning: TextWriter;
  /** Writes a text as it is, which takes no time to speak of. */
  readonly plain: TextWriter;
}
