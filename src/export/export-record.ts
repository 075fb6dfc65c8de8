import type { Message } from '../domain/message.js';
import type { SessionDetail } from '../domain/session.js';

/** What is exported, one after the other: a session, then its messages, some at a time, then the next session. */
export type ExportRecord =
  | { readonly kind: 'session'; readonly session: SessionDetail }
  | { readonly kind: 'messages'; readonly messages: readonly Message[] };
