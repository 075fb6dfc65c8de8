import type { MessageResponse } from '../sessions/dto/message.response.js';
import type { SessionDetailResponse } from '../sessions/dto/session-detail.response.js';

/** How a transcript becomes a text for people. */
export interface PageFormat {
  /** What stands before everything else; the page is named after its first session. */
  readonly begin: (first: SessionDetailResponse) => string;
  readonly header: (session: SessionDetailResponse) => string;
  readonly message: (message: MessageResponse) => string;
  readonly end: () => string;
}
