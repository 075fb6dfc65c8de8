import type { MessageResponse } from '../sessions/dto/message.response.js';
import type { SessionDetailResponse } from '../sessions/dto/session-detail.response.js';

/** What is exported, one after the other: a session, then its messages, some at a time, then the next session. */
export type ExportRecord =
  | { readonly kind: 'session'; readonly session: SessionDetailResponse }
  | { readonly kind: 'messages'; readonly messages: readonly MessageResponse[] };
