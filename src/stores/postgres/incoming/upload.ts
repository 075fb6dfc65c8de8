import type { MessageEntity } from '../schema/entities.js';
import type { RowOf } from '../schema/entity-rows.js';
import type { StoredSession } from '../write/derivation.js';

/** A session row as its origin sends it, without the columns that are derived here. */
export type IncomingSession = Omit<
  StoredSession,
  'historyId' | 'namedUserId' | 'number' | 'rootId' | 'rootNumber' | 'chainLength' | 'isEntry' | 'foldedTitle'
>;

/** A message as its origin sends it. */
export type IncomingMessage = Omit<RowOf<MessageEntity>, 'historyId' | 'sessionId'>;

/** One session with all its messages, or with a batch of them. */
export interface SessionUpload {
  readonly session: IncomingSession;
  /** The current or reserved number of the session in the database. */
  readonly number: number;
  /** Ids of messages that are added or replaced. */
  readonly messageIds: readonly number[];
  /** COPY rows of these messages and their words, encoded before the transaction begins. */
  readonly rows: CopiedRows;
  /** Ids of messages that no longer exist. */
  readonly removedMessages: readonly number[];
  readonly way: UploadWay;
}

/** `new`: nothing of the session is stored. `appended`: the messages follow the stored ones. `rewritten`: some of them are stored already. */
type UploadWay =
  | { readonly kind: 'new' }
  | { readonly kind: 'appended' | 'rewritten'; readonly messages: readonly IncomingMessage[] };

/** Rows in COPY's binary format. */
export interface CopiedRows {
  readonly messages: Uint8Array;
  readonly words: Uint8Array;
}
