import type { SessionDetail } from '../domain/session.js';
import type { TakenSessions } from './kept-session.js';
import type { SessionAccess } from './session-access.js';
import type {
  BulkOutcome,
  BulkRequest,
  DeletedSession,
  DeletionOptions,
  OnCommit,
  TakeOptions,
} from './session-bulk.js';
import type { PlannedConversation, PruneAction, PrunePlan, PruneSelection } from './session-prune.js';
import type { NewFork, NewSession } from './session-creation.js';
import type { ImportedSession, ImportOutcome } from './session-import.js';
import type { SessionChanges } from './session-query.js';
import { SessionReader } from './session-reader.js';

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

/** As {@link ChangeContext}, of what a prune takes. */
export interface PruneContext extends ChangeContext {
  /** As of `DeletionOptions`, of a plan of one conversation. */
  readonly kept?: string;
}

/** What the sessions module needs of a store: what can be read there, and how it is changed. Errors are as those of {@link SessionReader}. */
export abstract class SessionsRepository extends SessionReader {
  /**
   * Changes a session, all or nothing.
   * @returns it as the change left it.
   * @throws {DomainError} `session_not_found`, `ambiguous_session`, `title_in_use`, `unsupported_by_store`
   */
  abstract update(id: string, changes: SessionChanges, context: SessionChangeContext): Promise<SessionDetail>;

  /**
   * Adds a session, in the one history that the access leads to.
   * @returns it as it is then.
   * @throws {DomainError} `session_exists`, `title_in_use`; `unsupported_by_store` where sessions are made elsewhere
   */
  abstract create(session: NewSession, context: ChangeContext): Promise<SessionDetail>;

  /**
   * Adds a session that goes on from another one, which ends there.
   * @returns the new one.
   * @throws {DomainError} as {@link create}; `session_not_found`, `ambiguous_session`, `tokenizer_unavailable`
   */
  abstract fork(id: string, fork: NewFork, context: ChangeContext): Promise<SessionDetail>;

  /**
   * Adds sessions with their messages, each whole or not at all, to the one history that the access leads to. What is there stays as it is,
   * so that what was ended half-way can be asked for again.
   * @throws {DomainError} `title_in_use`, before anything is added; `tokenizer_unavailable`; `unsupported_by_store` as {@link create}
   */
  abstract importSessions(
    sessions: readonly ImportedSession[],
    context: ChangeContext,
  ): Promise<ImportOutcome>;

  /**
   * Everything that a deletion would take, without taking it.
   * @throws {DomainError} as {@link delete}; `trash_off` where it cannot be told
   */
  abstract take(id: string, options: TakeOptions, access: SessionAccess): Promise<TakenSessions>;

  /**
   * Deletes a session, its messages and its delegates.
   * @returns all sessions that were deleted, the named one first.
   * @throws {DomainError} `session_not_found`, `ambiguous_session`, `session_busy`, `tokenizer_unavailable`, `plan_changed`;
   *   `SessionWentOn` where that is not what was kept of it
   */
  abstract delete(
    id: string,
    options: DeletionOptions,
    context: SessionChangeContext,
  ): Promise<readonly DeletedSession[]>;

  /**
   * Does one thing to many sessions, each whole or not at all, without keeping the history's owner from writing for long.
   * @returns an outcome for each id, in order; also where the store fails half-way.
   */
  abstract bulk(request: BulkRequest, context: ChangeContext): Promise<readonly BulkOutcome[]>;

  /** The conversations that a prune would take. */
  abstract planPrune(selection: PruneSelection): Promise<PrunePlan>;

  /**
   * Deletes or archives what was planned, each conversation whole or not at all. One that is not as it was planned,
   * or that an agent is in the middle of, is refused.
   * @returns an outcome for each conversation, in order, up to the last one that was reached in some seconds.
   */
  abstract prune(
    planned: readonly PlannedConversation[],
    action: PruneAction,
    context: PruneContext,
  ): Promise<readonly BulkOutcome[]>;
}
