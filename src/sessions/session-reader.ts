import type { Message } from '../domain/message.js';
import type { SessionDetail, StoredRow } from '../domain/session.js';
import type { ProfileName, SessionAccess } from '../domain/access.js';
import type { SelectedSessions } from './selected-sessions.js';
import type {
  FoundRequest,
  MessageHitPage,
  MessagePage,
  MessagePageRequest,
  MessageSearchRequest,
  SessionPage,
  SessionPageRequest,
  WholeTranscript,
} from './session-query.js';
import type { SessionStatistics, StatisticsRequest } from './session-statistics.js';

/**
 * The reading port of a store of sessions. Sessions that an access does not allow do not exist for a call. A session id can occur in
 * several profiles; a call that names one must then have an access to only one of them. Answers include everything that was committed
 * before the call. Each method may throw a `DomainError` with `store_unavailable`, `store_corrupt` or `store_busy`.
 */
export abstract class SessionReader {
  /** One page of conversations or session rows. */
  abstract list(request: SessionPageRequest): Promise<SessionPage>;

  /**
   * Everything that a filter's search finds, in batches. The search runs once, before the first batch, and makes no excerpts. Sessions
   * that are deleted meanwhile are left out; in a local history also those that are not selected any more.
   * @throws {DomainError} `search_timeout`, `search_busy`
   */
  abstract found(request: FoundRequest): AsyncIterable<SelectedSessions>;

  /** @throws {DomainError} `session_not_found`, `ambiguous_session` */
  abstract get(id: string, access: SessionAccess): Promise<SessionDetail>;

  /**
   * The whole row of a session, including its prompt; undefined if the store does not keep Hermes's rows.
   * @throws {DomainError} `session_not_found`, `ambiguous_session`
   */
  abstract row(id: string, access: SessionAccess): Promise<StoredRow | undefined>;

  /** @throws {DomainError} `session_not_found`, `ambiguous_session`, `message_not_found` */
  abstract messages(id: string, request: MessagePageRequest, access: SessionAccess): Promise<MessagePage>;

  /**
   * The messages of a transcript that match a search.
   * @throws {DomainError} `session_not_found`, `ambiguous_session`, `search_timeout`, `search_busy`
   */
  abstract searchMessages(
    id: string,
    request: MessageSearchRequest,
    access: SessionAccess,
  ): Promise<MessageHitPage>;

  /**
   * The sessions of a session's compression chain, oldest first. The chain is determined once; each session is read when it is requested.
   * @throws {DomainError} `session_not_found`, also if one is deleted half-way; `ambiguous_session`
   */
  abstract chain(id: string, access: SessionAccess): AsyncIterable<SessionDetail>;

  /**
   * A whole transcript in order, in parts of about a megabyte, however long it is.
   * @throws {DomainError} `session_not_found`, also if it is deleted half-way; `ambiguous_session`
   */
  abstract transcript(
    id: string,
    selection: WholeTranscript,
    access: SessionAccess,
  ): AsyncIterable<readonly Message[]>;

  /** The visible profiles, the default one first, the others by name. */
  abstract profileNames(access: SessionAccess): Promise<readonly ProfileName[]>;

  /** Current statistics of sessions. */
  abstract statistics(request: StatisticsRequest): Promise<SessionStatistics>;

  /** A revision that stays the same as long as every answer of this store does; undefined if unknown. */
  abstract revision(): Promise<string | undefined>;
}
