import { Inject, Injectable } from '@nestjs/common';
import { decodeCursor, encodeCursor } from '../http/cursor.js';
import { entityTag, isMatchedBy } from '../http/entity-tag.js';
import { ApiError } from '../http/errors.js';
import type { BulkSessionsBody } from './dto/bulk-sessions.body.js';
import type { BulkOutcomeResponse, BulkSessionsResponse } from './dto/bulk-sessions.response.js';
import type { DeletedSessionResponse } from './dto/deleted-session.response.js';
import type { MessageListQuery } from './dto/message-list.query.js';
import type { MessageListResponse } from './dto/message-list.response.js';
import type { PruneSessionsBody } from './dto/prune-sessions.body.js';
import type { PruneSessionsResponse } from './dto/prune-sessions.response.js';
import type { SessionDetailResponse } from './dto/session-detail.response.js';
import type { SessionListQuery } from './dto/session-list.query.js';
import type { SessionListResponse } from './dto/session-list.response.js';
import type { UpdateSessionBody } from './dto/update-session.body.js';
import { selectionOf } from './prune-selection.js';
import type { BulkOutcome } from './session-bulk.js';
import { planToken, type PruneAction, type PrunePlan, type PruneSelection } from './session-prune.js';
import type { SessionChanges, SessionFilter, SessionPageRequest, SessionSort } from './session-query.js';
import { normalizeTitle } from './session-title.js';
import { SessionsRepository, type SessionPrecondition } from './sessions.repository.js';

/** What the API means by its parameters, whichever store answers. */
@Injectable()
export class SessionsService {
  constructor(@Inject(SessionsRepository) private readonly repository: SessionsRepository) {}

  /** One page of conversations. */
  async list(query: SessionListQuery): Promise<SessionListResponse> {
    const page = await this.repository.list(toPageRequest(query));
    return {
      object: 'list',
      data: page.entries,
      total: page.total,
      has_more: page.next !== null,
      next_cursor: page.next === null ? null : encodeCursor(page.next),
      hidden: page.hidden,
      ...(page.searchIncomplete ? { search_incomplete: true as const } : {}),
    };
  }

  /** One session row. */
  get(id: string): Promise<SessionDetailResponse> {
    return this.repository.get(id);
  }

  /** One page of a transcript. */
  async messages(id: string, query: MessageListQuery): Promise<MessageListResponse> {
    const page = await this.repository.messages(id, {
      limit: query.limit,
      offset: query.offset,
      order: query.order,
      after: query.after,
      before: query.before,
      roles: query.role,
      includeInactive: query.include_inactive,
      lineage: query.lineage,
    });
    return {
      object: 'list',
      session_id: id,
      data: page.messages,
      total: page.total,
      has_more: page.hasMore,
    };
  }

  /**
   * Renames, archives or pins a session.
   * @param ifMatch the `If-Match` header: tags, one of which the session must still have.
   * @throws {ApiError} `empty_update`, `invalid_title`, `precondition_failed`, and what the repository throws.
   */
  async update(id: string, body: UpdateSessionBody, ifMatch?: string): Promise<SessionDetailResponse> {
    const changes: SessionChanges = {
      ...(body.title === undefined ? {} : { title: body.title === null ? null : normalizeTitle(body.title) }),
      ...(body.archived === undefined ? {} : { archived: body.archived }),
      ...(body.pinned === undefined ? {} : { pinned: body.pinned }),
    };
    if (Object.keys(changes).length === 0) throw new ApiError('empty_update');
    return this.repository.update(id, changes, ifMatch === undefined ? undefined : unchangedSince(ifMatch));
  }

  /** Deletes a session with its messages and delegates. */
  async delete(id: string, force: boolean): Promise<DeletedSessionResponse> {
    const deleted = await this.repository.delete(id, force);
    return { id, object: 'hermes.session.deleted', deleted: true, deleted_session_ids: deleted };
  }

  /**
   * Tells what a prune would take, or takes it.
   * @param now epoch seconds, from which `older_than` counts.
   * @throws {ApiError} `empty_selection`, `plan_changed`
   */
  async prune(body: PruneSessionsBody, now: number): Promise<PruneSessionsResponse> {
    const { action = 'delete', dry_run: isDry = true, plan: token } = body;
    const selection = selectionOf(body, now);
    const plan = await this.repository.planPrune(selection);
    if (isDry) return toPruneResponse(plan.conversations, plan, { action, plan: planToken(plan, action) });
    if (token === undefined) {
      throw new ApiError('invalid_parameter', {
        param: 'plan',
        message: 'dry_run=false needs the plan of a dry run.',
      });
    }
    if (token !== planToken(plan, action)) throw new ApiError('plan_changed', { param: 'plan' });
    return this.#run(selection, plan, action);
  }

  async #run(
    selection: PruneSelection,
    plan: PrunePlan,
    action: PruneAction,
  ): Promise<PruneSessionsResponse> {
    const outcomes = await this.repository.prune(plan, action);
    const failed = outcomes.filter(({ kind }) => kind === 'refused').map(toOutcome);
    const kept = new Set(failed.map(({ id }) => id));
    const gone = plan.conversations.slice(0, outcomes.length).filter(({ id }) => !kept.has(id));
    const remaining = plan.conversations.length - outcomes.length;
    const next = remaining === 0 ? null : planToken(await this.repository.planPrune(selection), action);
    return { ...toPruneResponse(gone, plan, { action, plan: next }), dry_run: false, remaining, failed };
  }

  /** Does one thing to many sessions; what cannot be done to one of them is told beside it. */
  async bulk({ action, ids, force = false }: BulkSessionsBody): Promise<BulkSessionsResponse> {
    const outcomes = await this.repository.bulk({ action, ids, force });
    const failed = outcomes.filter(({ kind }) => kind === 'refused').length;
    return {
      object: 'hermes.session.bulk',
      action,
      data: outcomes.map(toOutcome),
      succeeded: outcomes.length - failed,
      failed,
    };
  }
}

/** How many of the conversations that would go are named. */
const NAMED = 20;

/** The answer of a dry run, or of one that took these conversations of a plan. */
function toPruneResponse(
  conversations: PrunePlan['conversations'],
  whole: PrunePlan,
  { action, plan }: Pick<PruneSessionsResponse, 'action' | 'plan'>,
): PruneSessionsResponse {
  const messages = conversations.reduce((sum, conversation) => sum + conversation.messages, 0);
  return {
    object: 'hermes.session.prune',
    action,
    dry_run: true,
    count: conversations.length,
    messages,
    estimated_bytes: Math.round((whole.estimatedBytes * messages) / Math.max(1, whole.messages)),
    ids: conversations.slice(0, NAMED).map(({ id }) => id),
    plan,
    remaining: 0,
    failed: [],
  };
}

function toOutcome(outcome: BulkOutcome): BulkOutcomeResponse {
  const { id } = outcome;
  switch (outcome.kind) {
    case 'changed':
      return { id, ok: true };
    case 'deleted':
      return { id, ok: true, deleted_session_ids: outcome.deleted };
    case 'refused':
      return { id, ok: false, error: outcome.error.toEnvelope().error };
  }
}

function unchangedSince(ifMatch: string): SessionPrecondition {
  return (current) => {
    if (!isMatchedBy(ifMatch, entityTag(JSON.stringify(current)))) throw new ApiError('precondition_failed');
  };
}

function toPageRequest(query: SessionListQuery): SessionPageRequest {
  const sort = sortOf(query);
  return { filter: toFilter(query), sort, limit: query.limit, start: startOf(query, sort) };
}

function sortOf(query: SessionListQuery): SessionSort {
  if (query.sort === 'relevance' && query.search === undefined) {
    throw new ApiError('invalid_parameter', { param: 'sort', message: 'sort=relevance needs search.' });
  }
  return query.sort ?? (query.search === undefined ? '-last_active_at' : 'relevance');
}

function startOf(query: SessionListQuery, sort: SessionSort): SessionPageRequest['start'] {
  if (query.after === undefined) return { offset: query.offset ?? 0 };
  if (query.offset !== undefined) {
    throw new ApiError('invalid_parameter', {
      param: 'offset',
      message: 'offset cannot be used together with after.',
    });
  }
  return { after: decodeCursor(query.after, sort) };
}

function toFilter(query: SessionListQuery): SessionFilter {
  return {
    platforms: query.platform,
    since: query.since,
    until: query.until,
    title: query.title,
    userId: query.user_id,
    model: query.model,
    search: query.search,
    archived: query.archived,
    includeChildren: query.include_children,
  };
}
