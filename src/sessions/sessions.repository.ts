import type { Message } from '../domain/message.js';
import type { SessionDetail } from '../domain/session.js';
import type { BulkOutcome, BulkRequest, DeletedSession, OnCommit } from './session-bulk.js';
import type { PruneAction, PrunePlan, PruneSelection } from './session-prune.js';
import type { StoreEvent } from './session-event.js';
import type { SessionStatistics, StatisticsRequest } from './session-statistics.js';
import type { SessionAccess } from './session-access.js';
import type {
  MessagePage,
  MessagePageRequest,
  SessionChanges,
  SessionPage,
  SessionPageRequest,
} from './session-query.js';

/** What a store can do with the history it holds, for `/v1/capabilities`. */
export interface StoreFeatures {
  readonly search: boolean;
  readonly rename: boolean;
  readonly archive: boolean;
  readonly pin: boolean;
  readonly delete: boolean;
}

/** What an operator wants to know about a store. */
export interface StoreStatus {
  readonly kind: string;
  readonly schemaVersion: number | null;
  /** Of Hermes's file; null where there is none. */
  readonly journalMode: string | null;
  readonly sessions: number;
  readonly messages: number;
  /** Sessions that have not ended. */
  readonly activeSessions: number;
  /** Seconds since the index was last brought up to date; null while it is being built. */
  readonly indexAgeSeconds: number | null;
}

/** What a profile is like at a moment, in numbers. */
export interface ProfileMeasurements {
  readonly profile: string;
  readonly origin: string | null;
  readonly ready: boolean;
  readonly sessions: number;
  readonly messages: number;
  readonly fileBytes: number;
  readonly journalBytes: number;
  /** Seconds since the index was last known to be true; null while it is being built. */
  readonly indexAgeSeconds: number | null;
  readonly searchesWaiting: number;
  /** How its shipper does; null where it is served from its file. */
  readonly shipping: ShippingMeasurements | null;
}

/** What a shipper has made of a history. */
interface ShippingMeasurements {
  /** Seconds since everything that the host has was last found to be in the database; null before that. */
  readonly comparedSeconds: number | null;
  /** Sessions that the host has no more and that stay until somebody accepts that they go. */
  readonly heldSessions: number;
}

/** Throws where a session may not be changed. */
export type SessionPrecondition = (current: SessionDetail) => void;

/** Who changes sessions, and what has to happen with it. */
export interface ChangeContext {
  readonly access: SessionAccess;
  readonly onCommit: OnCommit;
}

/** As {@link ChangeContext}, of one session. */
export interface SessionChangeContext extends ChangeContext {
  /** Is told the session as it is just before; what it throws leaves everything as it was. */
  readonly precondition?: SessionPrecondition;
}

/** Whether requests can be answered, and if not, why. */
export type StoreReadiness =
  | { readonly ready: true }
  | {
      readonly ready: false;
      /** For everybody: it says nothing of what is in the history. */
      readonly reason: string;
      /** How many sessions of how many are there already, for whoever may know of all; null where that is not known. */
      readonly progress: { readonly done: number; readonly total: number } | null;
      /** Whether it is only a matter of time. */
      readonly building: boolean;
    };

/** A profile of Hermes, and whether its history can be read. */
export interface ProfileStatus {
  readonly name: string;
  /** The host that it is of; null where there is but one. */
  readonly origin: string | null;
  /** Whether it lies in Hermes's folder itself. */
  readonly isDefault: boolean;
  readonly readiness: StoreReadiness;
}

/**
 * What every store of sessions must do. What an access does not allow to know of does not exist for the call. A session id
 * can occur in several profiles; a call that names it must then come with an access to only one of them. Answers show everything that was committed before the call.
 * Each method may throw an `DomainError` with `store_unavailable`, `store_corrupt` or `store_busy`.
 */
export abstract class SessionsRepository {
  /** One page of conversations or session rows. */
  abstract list(request: SessionPageRequest): Promise<SessionPage>;

  /** @throws {DomainError} `session_not_found`, `ambiguous_session` */
  abstract get(id: string, access: SessionAccess): Promise<SessionDetail>;

  /** @throws {DomainError} `session_not_found`, `ambiguous_session` */
  abstract messages(id: string, request: MessagePageRequest, access: SessionAccess): Promise<MessagePage>;

  /**
   * The sessions of the compression chain that a session is part of, oldest first, each as it is when it is asked for; which they are
   * is found out once.
   * @throws {DomainError} `session_not_found`, also where one is deleted half-way; `ambiguous_session`
   */
  abstract chain(id: string, access: SessionAccess): AsyncIterable<SessionDetail>;

  /**
   * A whole transcript in its order, some messages at a time, however long it is.
   * @throws {DomainError} `session_not_found`, also where it is deleted half-way; `ambiguous_session`
   */
  abstract transcript(
    id: string,
    includeInactive: boolean,
    access: SessionAccess,
  ): AsyncIterable<readonly Message[]>;

  /**
   * Changes a session, all or nothing.
   * @returns it as the change left it.
   * @throws {DomainError} `session_not_found`, `ambiguous_session`, `title_in_use`, `unsupported_by_store`
   */
  abstract update(id: string, changes: SessionChanges, context: SessionChangeContext): Promise<SessionDetail>;

  /**
   * Deletes a session, its messages and its delegates.
   * @param force deletes even while an agent holds the session's lease.
   * @returns all sessions that were deleted, the named one first.
   * @throws {DomainError} `session_not_found`, `ambiguous_session`, `session_busy`, `tokenizer_unavailable`
   */
  abstract delete(
    id: string,
    force: boolean,
    context: SessionChangeContext,
  ): Promise<readonly DeletedSession[]>;

  /**
   * Does one thing to many sessions, each whole or not at all, without keeping the history's owner from writing for long.
   * @returns an outcome for each id, in order; also where the store fails half-way.
   */
  abstract bulk(request: BulkRequest, context: ChangeContext): Promise<readonly BulkOutcome[]>;

  /** Counts sessions, as they are when it is called. */
  abstract statistics(request: StatisticsRequest): Promise<SessionStatistics>;

  /** The conversations that a prune would take. */
  abstract planPrune(selection: PruneSelection): Promise<PrunePlan>;

  /**
   * Deletes or archives what was planned, each conversation whole or not at all. One that is not as it was planned,
   * or that an agent is in the middle of, is refused.
   * @returns an outcome for each conversation, in order, up to the last one that was reached in some seconds.
   */
  abstract prune(
    plan: PrunePlan,
    action: PruneAction,
    context: ChangeContext,
  ): Promise<readonly BulkOutcome[]>;

  /**
   * A word that stays the same while no answer of this store can be another than before; undefined where
   * that is not known.
   */
  abstract revision(): Promise<string | undefined>;

  abstract features(): Promise<StoreFeatures>;

  abstract status(): Promise<StoreStatus>;

  /**
   * Begins to tell one listener what happens, in the order in which it was committed. Resolves once nothing is missed any more.
   * While nobody listens, nothing is watched for it.
   */
  abstract follow(listener: (event: StoreEvent) => void): Promise<void>;

  /** Ends what {@link follow} began. */
  abstract unfollow(): void;

  /** What the profiles are like now; asks no file for anything that takes time. */
  abstract measurements(): Promise<readonly ProfileMeasurements[]>;

  /** The profiles that somebody may know of, the default one first, the others by name. */
  abstract profilesOf(access: SessionAccess): Promise<readonly ProfileStatus[]>;

  abstract readiness(): Promise<StoreReadiness>;
}
