import { Injectable, Logger } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { requireScope } from '../auth/scopes.js';
import type { Session, SessionDetail } from '../domain/session.js';
import type { Cursor } from '../domain/cursor.js';
import { defined } from '../domain/defined.js';
import { DomainError } from '../domain/errors.js';
import { ApiError } from '../http/errors.js';
import { AuditLog } from '../logging/audit-log.js';
import { knownIds, toOutcome } from './bulk/bulk-outcomes.js';
import { requirePlan } from './bulk/bulk-plan.js';
import type { BulkOutcomeResponse, BulkSessionsResponse } from './dto/bulk-sessions.response.js';
import type { DeleteSessionQuery } from './dto/delete-session.query.js';
import type { MessageListQuery } from './dto/message-list.query.js';
import type { PruneSessionsBody } from './dto/prune-sessions.body.js';
import type { PruneSessionsResponse } from './dto/prune-sessions.response.js';
import type { SessionAddressQuery } from './dto/session-address.query.js';
import type { SessionListQuery } from './dto/session-list.query.js';
import type { UpdateSessionBody } from './dto/update-session.body.js';
import { toDryRun, toPruned } from './prune/prune-presenter.js';
import { selectionOf } from './prune/prune-selection.js';
import { accessWithin, historyOf, type SessionAccess } from '../domain/access.js';
import { criteriaOf } from './session-filter.js';
import type { NewFork, NewSession } from './session-creation.js';
import { takenForWhole, type ImportedSession, type ImportOutcome } from './session-import.js';
import {
  CHANGE_LIMIT,
  deleteOneByOne,
  scopeFor,
  youngestFirst,
  type BulkOutcome,
  type BulkRequest,
  type Deleted,
  type DeletionOptions,
  type OnCommit,
} from './bulk/session-bulk.js';
import type { PrunePlan, PruneSelection } from './prune/session-prune.js';
import type {
  MessageHitPage,
  MessagePage,
  SessionChanges,
  SessionFilter,
  SessionPage,
  SessionPageRequest,
  SearchPlace,
  SessionSort,
  TranscriptSelection,
} from './session-query.js';
import { normalizeTitle } from './session-title.js';
import { SessionCursors } from './session-cursors.js';
import { TrashingService, type OnTrashed } from './trash/trashing.service.js';
import { SessionsRepository, type SessionPrecondition } from './sessions.repository.js';

/** The meaning of the API's parameters, independent of the store. */
@Injectable()
export class SessionsService {
  readonly #logger = new Logger(SessionsService.name);

  constructor(
    private readonly repository: SessionsRepository,
    private readonly trashing: TrashingService,
    private readonly audit: AuditLog,
    private readonly cursors: SessionCursors,
  ) {}

  /** One page of conversations. @param signal cancels its search. */
  list(
    query: SessionListQuery,
    { access, name: caller }: Principal,
    signal?: AbortSignal,
  ): Promise<SessionPage> {
    const sort = sortOf(query);
    const start = startOf(query, (text) => this.cursors.decode(text, sort, query));
    const filter = toFilter(query, access);
    const { limit, total } = query;
    return this.repository.list({ filter, sort, limit, start, total, caller, signal });
  }

  /** One session row. */
  get(id: string, query: SessionAddressQuery, { access }: Principal): Promise<SessionDetail> {
    return this.repository.get(id, accessWithin(access, query));
  }

  /** One page of a transcript. */
  messages(id: string, query: MessageListQuery, { access }: Principal): Promise<MessagePage> {
    const { limit, offset = 0, after, before, around } = query;
    refuseTogether(query, 'around', ['offset', 'after', 'before']);
    const request = { ...toSelection(query), limit, offset, after, before, around };
    return this.repository.messages(id, request, accessWithin(access, query));
  }

  /** One page of the messages of a transcript that match a search. @param signal cancels it. */
  searchMessages(
    id: string,
    text: string,
    query: MessageListQuery,
    { access, name: caller }: Principal,
    signal: AbortSignal | undefined,
  ): Promise<MessageHitPage> {
    const { limit, offset = 0 } = query;
    refuseTogether(query, 'search', ['around', 'after', 'before']);
    const request = { ...toSelection(query), text, limit, offset, caller, signal };
    return this.repository.searchMessages(id, request, accessWithin(access, query));
  }

  /** All visible sessions of a session's conversation, oldest first. */
  async chain(
    id: string,
    query: SessionAddressQuery,
    { access }: Principal,
  ): Promise<readonly SessionDetail[]> {
    const members: SessionDetail[] = [];
    for await (const member of this.repository.chain(id, accessWithin(access, query))) members.push(member);
    return members;
  }

  /**
   * Renames, archives or pins a session.
   * @throws {ApiError} `empty_update`
   * @throws {DomainError} `invalid_title`, `precondition_failed`, and what the repository throws
   */
  async update(
    id: string,
    { body, history, precondition }: SessionUpdate,
    caller: Principal,
  ): Promise<SessionDetail> {
    const { title, archived, pinned } = body;
    const normalized = typeof title === 'string' ? normalizeTitle(title) : title;
    const changes: SessionChanges = defined({ title: normalized, archived, pinned });
    if (Object.keys(changes).length === 0) throw new ApiError('empty_update');
    return this.change(id, { changes, access: accessWithin(caller.access, history), precondition }, caller);
  }

  /**
   * Applies changes to a session that have been validated.
   * @throws {ApiError} `precondition_failed`, and what the repository throws.
   */
  change(
    id: string,
    { changes, access, precondition }: SessionChange,
    caller: Principal,
  ): Promise<SessionDetail> {
    const onCommit = this.#auditor(actionOf(changes), caller);
    return this.repository.update(id, changes, { access, onCommit, precondition });
  }

  /**
   * Adds a session.
   * @throws {ApiError} what the repository throws.
   */
  create(session: NewSession, access: SessionAccess, caller: Principal): Promise<SessionDetail> {
    return this.repository.create(session, { access, onCommit: this.#auditor('create', caller) });
  }

  /**
   * Adds a session that continues another one.
   * @throws {ApiError} what the repository throws.
   */
  fork(id: string, fork: NewFork, access: SessionAccess, caller: Principal): Promise<SessionDetail> {
    return this.repository.fork(id, fork, { access, onCommit: this.#auditor(`fork ${id}`, caller) });
  }

  /**
   * Adds sessions that were exported elsewhere.
   * @throws {ApiError} what the repository throws.
   */
  importSessions(
    sessions: readonly ImportedSession[],
    access: SessionAccess,
    caller: Principal,
  ): Promise<ImportOutcome> {
    const onCommit = this.#auditor('import', caller);
    return this.repository.importSessions(sessions.map(takenForWhole), { access, onCommit });
  }

  /**
   * Restores sessions from the trash.
   * @param trashId the id of their trash entry.
   * @throws {ApiError} what the repository throws.
   */
  restore(
    sessions: readonly ImportedSession[],
    { access, trashId }: { readonly access: SessionAccess; readonly trashId: string },
    caller: Principal,
  ): Promise<ImportOutcome> {
    const onCommit = this.#auditor('restore', caller, trashId);
    return this.repository.importSessions(sessions, { access, onCommit });
  }

  /**
   * Deletes a session with its messages and delegates, and keeps it in the trash if requested.
   * @returns the deleted sessions that the caller may see, the named one first.
   * @throws {DomainError} `precondition_failed`, and what the repository throws
   */
  async delete(
    id: string,
    { query, precondition }: SessionDeletion,
    caller: Principal,
  ): Promise<GoneSessions> {
    const { deleted, trashId } = await this.#remove(id, { query, precondition }, caller);
    return { ids: knownIds(deleted, caller.access), trashId };
  }

  /**
   * Deletes conversations within the time limit, each with its whole chain and in its own transaction. A conversation with new activity
   * since it was read is refused.
   */
  async deleteConversations(
    sessions: readonly Session[],
    options: Pick<DeleteSessionQuery, 'force' | 'trash'>,
    caller: Principal,
  ): Promise<readonly BulkOutcomeResponse[]> {
    const outcomes = await deleteOneByOne(
      sessions,
      ({ id }) => id,
      (session) => {
        const query = { ...options, lineage: true, ...historyOf(session) };
        return this.#remove(session.id, { query, seenUntil: session.lastActiveAt }, caller);
      },
      performance.now() + CHANGE_LIMIT,
    );
    return this.#logFailures(outcomes).map((outcome) => toOutcome(outcome, caller.access));
  }

  async #remove(
    id: string,
    { query, precondition, seenUntil }: SessionDeletion & Pick<DeletionOptions, 'seenUntil'>,
    caller: Principal,
  ): Promise<Deleted> {
    const options = { force: query.force, lineage: query.lineage, seenUntil };
    const access = accessWithin(caller.access, query);
    if (query.trash === true) {
      const trashing = { access, precondition, onTrashed: this.#trashAuditor(caller) };
      return this.trashing.delete(id, options, trashing, caller);
    }
    const onCommit = this.#auditor('delete', caller);
    return { deleted: await this.repository.delete(id, options, { access, onCommit, precondition }) };
  }

  /**
   * Plans a prune, or executes it.
   * @param now epoch seconds, from which `older_than` counts.
   * @throws {ApiError} `insufficient_scope`, `empty_selection`
   * @throws {DomainError} `plan_changed`
   */
  async prune(body: PruneSessionsBody, caller: Principal, now: number): Promise<PruneSessionsResponse> {
    const { action = 'delete', dry_run: isDry = true, plan: token } = body;
    if (!isDry) requireScope(caller, scopeFor(action));
    if (body.trash === true) this.trashing.requireFor(action);
    const selection = selectionOf(body, caller.access, now);
    const plan = await this.repository.planPrune(selection);
    if (isDry) return toDryRun(plan, selection);
    if (requirePlan(token) !== plan.token) throw new DomainError('plan_changed', { param: 'plan' });
    const isKept = body.trash === true;
    const conversations = isKept ? youngestFirst(plan.conversations) : plan.conversations;
    return this.#run(selection, { ...plan, conversations }, { caller, isKept });
  }

  /** Deletes the conversations of a plan. @returns how many of their sessions were deleted. */
  async carryOut(plan: PrunePlan, access: SessionAccess, caller: Principal): Promise<number> {
    const onCommit = this.#auditor('delete', caller);
    const outcomes = this.#logFailures(
      await this.repository.prune(plan.conversations, 'delete', { access, onCommit }),
    );
    return goneOf(plan, outcomes).reduce((sum, { members }) => sum + members.length, 0);
  }

  async #run(
    selection: PruneSelection,
    plan: PrunePlan,
    { caller, isKept }: { readonly caller: Principal; readonly isKept: boolean },
  ): Promise<PruneSessionsResponse> {
    const { access, action } = selection;
    const onCommit = this.#auditor(action, caller);
    const onTrashed = this.#trashAuditor(caller);
    const outcomes = this.#logFailures(
      isKept
        ? await this.trashing.prune(plan.conversations, { access, onTrashed }, caller)
        : await this.repository.prune(plan.conversations, action, { access, onCommit }),
    );
    const failed = outcomes
      .filter(({ kind }) => kind === 'refused')
      .map((outcome) => toOutcome(outcome, access));
    const gone = goneOf(plan, outcomes);
    const remaining = plan.totals.conversations - outcomes.length;
    const next = remaining === 0 ? null : await this.#planAgain(selection);
    return { ...toPruned(gone, plan, selection), plan: next, remaining, failed };
  }

  /** The token of a plan for the rest; null if planning fails, because the completed part must be reported in any case. */
  async #planAgain(selection: PruneSelection): Promise<string | null> {
    try {
      return (await this.repository.planPrune(selection)).token;
    } catch (error) {
      this.#logger.warn(`What is left to prune could not be planned: ${String(error)}`);
      return null;
    }
  }

  /**
   * Applies one action to named sessions; a failure of one is reported in its outcome.
   * @throws {ApiError} `insufficient_scope`
   */
  async bulk(
    { isKept, ...request }: BulkChange,
    history: SessionAddressQuery,
    caller: Principal,
  ): Promise<BulkSessionsResponse> {
    const { action, ids, force } = request;
    requireScope(caller, scopeFor(action));
    const access = accessWithin(caller.access, history);
    const onCommit = this.#auditor(action, caller);
    const trashing = { access, onTrashed: this.#trashAuditor(caller) };
    const outcomes = this.#logFailures(
      isKept
        ? await this.trashing.deleteEach(ids, { force, lineage: false }, trashing, caller)
        : await this.repository.bulk(request, { access, onCommit }),
    );
    const failed = outcomes.filter(({ kind }) => kind === 'refused').length;
    return {
      object: 'hermes.session.bulk',
      action,
      data: outcomes.map((outcome) => toOutcome(outcome, access)),
      succeeded: outcomes.length - failed,
      failed,
    };
  }

  /** Writes an audit line for every changed session. */
  #auditor(action: string, { name: principal, requestId }: Principal, trashId?: string): OnCommit {
    const who = { principal, request_id: requestId };
    return (done, { profile, origin }) => {
      for (const change of done) {
        // Sessions that were deleted along with another one have been audited with it.
        if (change.kind === 'deleted' && change.deleted.length === 0) continue;
        const went =
          change.kind === 'deleted' ? { deleted_session_ids: change.deleted.map(({ id }) => id) } : {};
        const where = trashId === undefined ? {} : { trash_id: trashId };
        this.audit.write({ ...who, action, session_id: change.id, profile, origin, ...went, ...where });
      }
    };
  }

  #trashAuditor(caller: Principal): OnTrashed {
    return (trashId) => this.#auditor('delete', caller, trashId);
  }

  /** Logs unexpected failures, which the answer reports only among other outcomes. */
  #logFailures(outcomes: readonly BulkOutcome[]): readonly BulkOutcome[] {
    for (const outcome of outcomes) {
      if (outcome.kind !== 'refused' || outcome.reason instanceof DomainError) continue;
      this.#logger.error(`A session could not be changed: ${String(outcome.reason)}`);
      break;
    }
    return outcomes;
  }
}

/** Outcomes are in the order of the plan; ids alone would be ambiguous, because two profiles can have the same. */
function goneOf(plan: PrunePlan, outcomes: readonly BulkOutcome[]): PrunePlan['conversations'] {
  return plan.conversations.filter((_conversation, index) => {
    const outcome = outcomes[index];
    return outcome !== undefined && outcome.kind !== 'refused';
  });
}

/** A requested change of one session. */
export interface SessionUpdate {
  readonly body: UpdateSessionBody;
  /** The session's history. */
  readonly history: SessionAddressQuery;
  readonly precondition?: SessionPrecondition;
}

/** Validated changes of one session. */
export interface SessionChange {
  readonly changes: SessionChanges;
  readonly access: SessionAccess;
  readonly precondition?: SessionPrecondition;
}

/** A change of many sessions. */
export interface BulkChange extends BulkRequest {
  /** Whether deleted sessions are kept in the trash. */
  readonly isKept: boolean;
}

/** The visible ones of the deleted sessions. */
export interface GoneSessions {
  readonly ids: readonly string[];
  /** Id of their trash entry; undefined if they were not kept. */
  readonly trashId?: string;
}

/** A requested deletion of one session. */
export interface SessionDeletion {
  readonly query: DeleteSessionQuery;
  readonly precondition?: SessionPrecondition;
}

/** Names what a change does, without its values. */
function actionOf({ title, archived, hidden, pinned, unread, endReason }: SessionChanges): string {
  const actions = [
    ...(title === undefined ? [] : ['rename']),
    ...(archived === undefined ? [] : [archived ? 'archive' : 'unarchive']),
    ...(hidden === undefined ? [] : [hidden ? 'hide' : 'show']),
    ...(pinned === undefined ? [] : [pinned ? 'pin' : 'unpin']),
    ...(unread === undefined ? [] : [unread ? 'mark as unread' : 'mark as read']),
    ...(endReason === undefined ? [] : ['end']),
  ];
  return actions.join(' ');
}

function toSelection({ order, role, include_inactive, lineage }: MessageListQuery): TranscriptSelection {
  return { order, roles: role, includeInactive: include_inactive, lineage };
}

/** @throws {ApiError} `invalid_parameter` if a parameter is combined with a contradicting one. */
function refuseTogether<Q extends object>(
  query: Q,
  name: keyof Q & string,
  others: readonly (keyof Q & string)[],
): void {
  if (query[name] === undefined) return;
  const other = others.find((one) => query[one] !== undefined);
  if (other === undefined) return;
  throw new ApiError('invalid_parameter', {
    param: other,
    message: `${other} cannot be used together with ${name}.`,
  });
}

function sortOf(query: SessionListQuery): SessionSort {
  if (query.sort === 'relevance' && query.search === undefined) {
    throw new ApiError('invalid_parameter', { param: 'sort', message: 'sort=relevance needs search.' });
  }
  return query.sort ?? (query.search === undefined ? '-last_active_at' : 'relevance');
}

function placeOfSearch({ search, search_in: place }: SessionListQuery): SearchPlace | undefined {
  if (place !== undefined && search === undefined) {
    throw new ApiError('invalid_parameter', { param: 'search_in', message: 'search_in needs search.' });
  }
  return place;
}

function startOf(query: SessionListQuery, toPlace: (after: string) => Cursor): SessionPageRequest['start'] {
  if (query.after === undefined) return { offset: query.offset ?? 0 };
  refuseTogether(query, 'after', ['offset']);
  return { after: toPlace(query.after) };
}

function toFilter(query: SessionListQuery, access: SessionAccess): SessionFilter {
  return {
    ...criteriaOf(query, access),
    search: query.search,
    searchIn: placeOfSearch(query),
    archived: query.archived,
    pinned: query.pinned,
    includeChildren: query.include_children,
  };
}
