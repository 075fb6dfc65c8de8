import type { Message } from '../domain/message.js';
import type { SessionDetail } from '../domain/session.js';

/** Writes a text of a person or a model. */
export type TextWriter = (text: string) => string;

/** How a transcript becomes a text for people. */
export interface PageFormat {
  /** What stands before everything else; the page is named after its first session. */
  readonly begin: (first: SessionDetail) => string;
  readonly header: (session: SessionDetail) => string;
  /** @param write how its texts are written. */
  readonly message: (message: Message, write: TextWriter) => string;
  readonly end: () => string;
  /** Writes a text as what it means as Markdown, which can take long and can fail. */
  readonly meaning: TextWriter;
  /** Writes a text as it is, which takes no time to speak of. */
  readonly plain: TextWriter;
}
