import type { Message } from '../domain/message.js';
import type { SessionDetail } from '../domain/session.js';

/** The sequence of an export: a session, its messages in batches, then the next session. */
export type ExportRecord =
  | { readonly kind: 'session'; readonly session: SessionDetail }
  | { readonly kind: 'messages'; readonly messages: readonly Message[] };
