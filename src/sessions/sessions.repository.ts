import type { SessionDetail } from '../domain/session.js';
import type { TakenSessions } from './trash/kept-session.js';
import type { SessionAccess } from '../domain/access.js';
import type {
  BulkOutcome,
  BulkRequest,
  DeletedSession,
  DeletionOptions,
  OnCommit,
  TakeOptions,
} from './bulk/session-bulk.js';
import type { PlannedConversation, PruneAction, PrunePlan, PruneSelection } from './prune/session-prune.js';
import type { NewFork, NewSession } from './session-creation.js';
import type { ImportedSession, ImportOutcome } from './session-import.js';
import type { SessionChanges } from './session-query.js';
import { SessionReader } from './session-reader.js';

/** Throws if the session must not be changed. */
export type SessionPrecondition = (current: SessionDetail) => void;

/** Who changes sessions, and the callback after the commit. */
export interface ChangeContext {
  readonly access: SessionAccess;
  readonly onCommit: OnCommit;
}

/** As {@link ChangeContext}, for one session. */
export interface SessionChangeContext extends ChangeContext {
  /** Called with the session right before the change; if it throws, nothing is changed. */
  readonly precondition?: SessionPrecondition;
}

/** As {@link ChangeContext}, for a prune. */
export interface PruneContext extends ChangeContext {
  /** As in `DeletionOptions`, for a plan of one conversation. */
  readonly kept?: string;
}

/** The port to a store for the sessions module: reading and changing. Errors are those of {@link SessionReader}. */
export abstract class SessionsRepository extends SessionReader {
  /**
   * Changes a session atomically.
   * @returns the changed session.
   * @throws {DomainError} `session_not_found`, `ambiguous_session`, `title_in_use`, `unsupported_by_store`
   */
  abstract update(id: string, changes: SessionChanges, context: SessionChangeContext): Promise<SessionDetail>;

  /**
   * Adds a session to the single history that the access selects.
   * @returns the new session.
   * @throws {DomainError} `session_exists`, `title_in_use`; `unsupported_by_store` if sessions are created elsewhere
   */
  abstract create(session: NewSession, context: ChangeContext): Promise<SessionDetail>;

  /**
   * Adds a session that continues another one, and ends that one.
   * @returns the new session.
   * @throws {DomainError} as {@link create}; `session_not_found`, `ambiguous_session`, `tokenizer_unavailable`
   */
  abstract fork(id: string, fork: NewFork, context: ChangeContext): Promise<SessionDetail>;

  /**
   * Imports sessions with their messages, each atomically, into the single history that the access selects. Existing sessions are
   * unchanged, so an interrupted import can be repeated.
   * @throws {DomainError} `title_in_use`, before anything is added; `tokenizer_unavailable`; `unsupported_by_store` as {@link create}
   */
  abstract importSessions(
    sessions: readonly ImportedSession[],
    context: ChangeContext,
  ): Promise<ImportOutcome>;

  /**
   * Reads everything that a deletion would remove, without removing it.
   * @throws {DomainError} as {@link delete}; `trash_off` if the store cannot provide it
   */
  abstract take(id: string, options: TakeOptions, access: SessionAccess): Promise<TakenSessions>;

  /**
   * Deletes a session, its messages and its delegates.
   * @returns all deleted sessions, the named one first.
   * @throws {DomainError} `session_not_found`, `ambiguous_session`, `session_busy`, `tokenizer_unavailable`, `plan_changed`;
   *   `SessionWentOn` if they differ from the kept copy
   */
  abstract delete(
    id: string,
    options: DeletionOptions,
    context: SessionChangeContext,
  ): Promise<readonly DeletedSession[]>;

  /**
   * Applies one action to many sessions, each atomically, without blocking the history's owner for long.
   * @returns an outcome for each id, in order, even if the store fails half-way.
   */
  abstract bulk(request: BulkRequest, context: ChangeContext): Promise<readonly BulkOutcome[]>;

  /** The conversations that a prune would affect. */
  abstract planPrune(selection: PruneSelection): Promise<PrunePlan>;

  /**
   * Deletes or archives the conversations of a plan, each atomically. One that differs from the plan, or that an agent uses, is refused.
   * @returns an outcome for each conversation, in order, up to the last one that was processed within the time limit.
   */
  abstract prune(
    planned: readonly PlannedConversation[],
    action: PruneAction,
    context: PruneContext,
  ): Promise<readonly BulkOutcome[]>;
}
