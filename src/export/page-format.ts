import type { Message } from '../domain/message.js';
import type { SessionDetail } from '../domain/session.js';

/** How a transcript becomes a text for people. */
export interface PageFormat {
  /** What stands before everything else; the page is named after its first session. */
  readonly begin: (first: SessionDetail) => string;
  readonly header: (session: SessionDetail) => string;
  readonly message: (message: Message) => string;
  readonly end: () => string;
}
