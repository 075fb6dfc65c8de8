import type { Message } from '../domain/message.js';
import type { SessionDetail, StoredRow } from '../domain/session.js';
import type { ProfileName, SessionAccess } from './session-access.js';
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
 * What every store of sessions can be asked. What an access does not allow to know of does not exist for the call. A session id
 * can occur in several profiles; a call that names it must then come with an access to only one of them. Answers show everything that was committed before the call.
 * Each method may throw a `DomainError` with `store_unavailable`, `store_corrupt` or `store_busy`.
 */
export abstract class SessionReader {
  /** One page of conversations or session rows. */
  abstract list(request: SessionPageRequest): Promise<SessionPage>;

  /**
   * Everything that the search of a filter finds, some at a time: it is made once, before the first of them, and cuts out no excerpts. What
   * is gone when its turn comes is left out; in a local history also what is not selected any more.
   * @throws {DomainError} `search_timeout`, `search_busy`
   */
  abstract found(request: FoundRequest): AsyncIterable<SelectedSessions>;

  /** @throws {DomainError} `session_not_found`, `ambiguous_session` */
  abstract get(id: string, access: SessionAccess): Promise<SessionDetail>;

  /**
   * The whole row of a session, its prompt included; undefined where the store keeps no rows of Hermes's.
   * @throws {DomainError} `session_not_found`, `ambiguous_session`
   */
  abstract row(id: string, access: SessionAccess): Promise<StoredRow | undefined>;

  /** @throws {DomainError} `session_not_found`, `ambiguous_session`, `message_not_found` */
  abstract messages(id: string, request: MessagePageRequest, access: SessionAccess): Promise<MessagePage>;

  /**
   * The messages of a transcript that satisfy a search.
   * @throws {DomainError} `session_not_found`, `ambiguous_session`, `search_timeout`, `search_busy`
   */
  abstract searchMessages(
    id: string,
    request: MessageSearchRequest,
    access: SessionAccess,
  ): Promise<MessageHitPage>;

  /**
   * The sessions of the compression chain that a session is part of, oldest first, each as it is when it is asked for; which they are
   * is found out once.
   * @throws {DomainError} `session_not_found`, also where one is deleted half-way; `ambiguous_session`
   */
  abstract chain(id: string, access: SessionAccess): AsyncIterable<SessionDetail>;

  /**
   * A whole transcript in its order, about a megabyte of messages at a time, however long it is.
   * @throws {DomainError} `session_not_found`, also where it is deleted half-way; `ambiguous_session`
   */
  abstract transcript(
    id: string,
    selection: WholeTranscript,
    access: SessionAccess,
  ): AsyncIterable<readonly Message[]>;

  /** The profiles that somebody may know of, the default one first, the others by name. */
  abstract profileNames(access: SessionAccess): Promise<readonly ProfileName[]>;

  /** Counts sessions, as they are when it is called. */
  abstract statistics(request: StatisticsRequest): Promise<SessionStatistics>;

  /**
   * A word that stays the same while no answer of this store can be another than before; undefined where
   * that is not known.
   */
  abstract revision(): Promise<string | undefined>;
}
