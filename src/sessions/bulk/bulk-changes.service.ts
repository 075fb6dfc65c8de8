import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth/principal.js';
import { requireScope } from '../../auth/scopes.js';
import { DomainError } from '../../domain/errors.js';
import type { Session } from '../../domain/session.js';
import { ApiError } from '../../http/errors.js';
import {
  bulkPlan,
  firstOfOneHistory,
  inOrderOfChange,
  isChangedBy,
  isMeant,
  isPlanOf,
  readPlan,
  requirePlan,
  reverseOf,
} from './bulk-plan.js';
import type { BulkSessionsBody } from '../dto/bulk-sessions.body.js';
import type { BulkOutcomeResponse, BulkSessionsResponse } from '../dto/bulk-sessions.response.js';
import type { SessionAddressQuery } from '../dto/session-address.query.js';
import { filterOfBody, type SessionFilterBody } from '../dto/session-filter.body.js';
import { MAX_BULK_IDS, scopeFor, type BulkAction } from './session-bulk.js';
import { historyOf } from '../../domain/access.js';
import { selectedSessions } from '../selected-sessions.js';
import { SessionReader } from '../session-reader.js';
import { SessionsService } from '../sessions.service.js';
import { TrashingService } from '../trash/trashing.service.js';

/** Conversations read per page. */
const PAGE = 1000;

/** How many conversations of a plan are named. */
const NAMED = 20;

/** A change of all conversations that a filter selects. */
interface FilteredChange extends Pick<BulkSessionsBody, 'action' | 'force' | 'trash' | 'dry_run' | 'plan'> {
  readonly filter: SessionFilterBody;
}

/** Applies one action to many sessions: to named ones, or, after a dry run, in batches to all that a filter selects. */
@Injectable()
export class BulkChangesService {
  constructor(
    private readonly reader: SessionReader,
    private readonly sessions: SessionsService,
    private readonly trashing: TrashingService,
  ) {}

  /**
   * @param signal cancels the search of a filter.
   * @throws {ApiError} `insufficient_scope`, `invalid_parameter`
   * @throws {DomainError} `plan_changed`
   */
  async run(body: BulkSessionsBody, caller: Principal, signal?: AbortSignal): Promise<BulkSessionsResponse> {
    const { action, ids = [], filter, force = false, trash: isKept = false } = body;
    refuseContradictions(body);
    if (isKept) this.trashing.requireFor(action);
    if (filter === undefined) return this.sessions.bulk({ action, ids, force, isKept }, body, caller);
    return this.#filtered({ ...body, filter }, caller, signal);
  }

  /** Plans the change, or applies it to the next batch. */
  async #filtered(
    body: FilteredChange,
    caller: Principal,
    signal: AbortSignal | undefined,
  ): Promise<BulkSessionsResponse> {
    const { action, dry_run: isDry = true, plan } = body;
    if (!isDry) requireScope(caller, scopeFor(action));
    if (isDry) return toDryRun(action, await this.#selected(body, caller, signal));
    const token = requirePlan(plan);
    const read = readPlan(token);
    if (read === undefined) throw new DomainError('plan_changed', { param: 'plan' });
    const selected = await this.#selected(body, caller, signal);
    const meant = inOrderOfChange(selected.filter((session) => isMeant(session, read)));
    if (!isPlanOf(token, bulkPlan(action, meant))) throw new DomainError('plan_changed', { param: 'plan' });
    return this.#change(body, meant, caller);
  }

  async #change(
    { action, force, trash }: FilteredChange,
    selected: readonly Session[],
    caller: Principal,
  ): Promise<BulkSessionsResponse> {
    const part = firstOfOneHistory(selected, MAX_BULK_IDS);
    const data =
      action === 'delete'
        ? await this.sessions.deleteConversations(part, { force: force ?? false, trash }, caller)
        : await this.#flagAll(action, part, caller);
    const changed = new Set(data.filter(({ ok }) => ok).map(({ id }) => id));
    const left = selected.slice(data.length);
    const remaining = left.length;
    const last = part[data.length - 1];
    return {
      object: 'hermes.session.bulk',
      action,
      data,
      succeeded: changed.size,
      failed: data.length - changed.size,
      dry_run: false,
      ids: [],
      remaining,
      // Set even if nothing could be changed: the next request continues after these, and finally reaches other histories.
      plan: remaining === 0 || last === undefined ? null : bulkPlan(action, left, last),
      undo: undoOf(action, part, changed),
    };
  }

  async #flagAll(
    action: BulkAction,
    part: readonly Session[],
    caller: Principal,
  ): Promise<readonly BulkOutcomeResponse[]> {
    const ids = part.map(({ id }) => id);
    const { data } = await this.sessions.bulk(
      { action, ids, force: false, isKept: false },
      historyOfAll(part),
      caller,
    );
    const reached = data.findLastIndex(({ error }) => error?.code !== 'store_busy') + 1;
    // Sessions for which no time was left are retried first; if none was changed, the next request continues after them.
    return reached === 0 ? data : data.slice(0, reached);
  }

  async #selected(
    { action, filter: body }: FilteredChange,
    { access, name: caller }: Principal,
    signal: AbortSignal | undefined,
  ): Promise<readonly Session[]> {
    const filter = filterOfBody(body, access, 'false');
    const selected: Session[] = [];
    for await (const { sessions } of selectedSessions(this.reader, { filter, caller, signal }, PAGE)) {
      signal?.throwIfAborted();
      for (const session of sessions) if (isChangedBy(action, session)) selected.push(session);
    }
    return selected;
  }
}

/** Fields that need a filter, and fields that need ids. */
const WITH_FILTER = ['dry_run', 'plan'] as const;
const WITH_IDS = ['ids', 'profile', 'origin'] as const;

/** @throws {ApiError} `invalid_parameter` if a field does not belong to the used way of selecting sessions. */
function refuseContradictions(body: BulkSessionsBody): void {
  const others = body.filter === undefined ? WITH_FILTER : WITH_IDS;
  const param = others.find((name) => body[name] !== undefined);
  if (param === undefined) return;
  const message =
    body.filter === undefined
      ? `${param} belongs to a request with filter.`
      : `${param} cannot be used together with filter.`;
  throw new ApiError('invalid_parameter', { param, message });
}

function toDryRun(action: BulkAction, selected: readonly Session[]): BulkSessionsResponse {
  return {
    object: 'hermes.session.bulk',
    action,
    data: [],
    succeeded: 0,
    failed: 0,
    dry_run: true,
    ids: selected.slice(0, NAMED).map(({ id }) => id),
    remaining: selected.length,
    plan: selected.length === 0 ? null : bulkPlan(action, inOrderOfChange(selected)),
    undo: null,
  };
}

/** The history that some conversations share. */
function historyOfAll([first]: readonly Session[]): SessionAddressQuery {
  return first === undefined ? {} : historyOf(first);
}

/** The request that undoes the change; null if nothing was changed, or it cannot be undone. */
function undoOf(
  action: BulkAction,
  part: readonly Session[],
  changed: ReadonlySet<string>,
): BulkSessionsResponse['undo'] {
  const reverse = reverseOf(action);
  if (reverse === undefined || changed.size === 0) return null;
  return { action: reverse, ids: [...changed], ...historyOfAll(part) };
}
