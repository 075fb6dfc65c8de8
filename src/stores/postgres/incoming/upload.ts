import type { MessageEntity } from '../schema/entities.js';
import type { RowOf } from '../schema/entity-rows.js';
import type { StoredSession } from '../write/derivation.js';

/** A session row as it comes from its origin: what follows from its relatives is worked out here. */
export type IncomingSession = Omit<
  StoredSession,
  'historyId' | 'namedUserId' | 'number' | 'rootId' | 'rootNumber' | 'chainLength' | 'isEntry' | 'foldedTitle'
>;

/** A message as it comes from its origin. */
export type IncomingMessage = Omit<RowOf<MessageEntity>, 'historyId' | 'sessionId'>;

/** What is sent of one session, all at once or some messages at a time. */
export interface SessionUpload {
  readonly session: IncomingSession;
  /** The number that the session has in the database, or will have. */
  readonly number: number;
  /** Messages that are added, or take the place of those with the same ids. */
  readonly messageIds: readonly number[];
  /** These messages and their words as rows to be copied, worked out before the transaction begins. */
  readonly rows: CopiedRows;
  /** Messages that are there no more. */
  readonly removedMessages: readonly number[];
  readonly way: UploadWay;
}

/** Whether nothing of the session is here, or these messages only follow those that are; else some are there already. */
type UploadWay =
  | { readonly kind: 'new' }
  | { readonly kind: 'appended' | 'rewritten'; readonly messages: readonly IncomingMessage[] };

/** Rows in the binary form of COPY. */
export interface CopiedRows {
  readonly messages: Uint8Array;
  readonly words: Uint8Array;
}
