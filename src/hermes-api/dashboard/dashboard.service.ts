import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth/principal.js';
import { DomainError } from '../../domain/errors.js';
import type { Session } from '../../domain/session.js';
import { epochSeconds } from '../../domain/instant.js';
import { isStoreError } from '../../http/api-errors.decorator.js';
import { ApiError } from '../../http/errors.js';
import { beginning, textStream } from '../../http/text-stream.js';
import { accessWithin, isWhole, type SessionAccess } from '../../domain/access.js';
import { MAX_BULK_IDS, type BulkRequest } from '../../sessions/bulk/session-bulk.js';
import type { SessionFilter, SessionPage, SessionPageRequest } from '../../sessions/session-query.js';
import { SessionsRepository } from '../../sessions/sessions.repository.js';
import { SessionsService } from '../../sessions/sessions.service.js';
import { HermesSessionsService } from '../hermes-sessions.service.js';
import { numberIn, textIn, textsIn, type LenientQuery } from '../lenient-query.js';
import { ProfileScope } from '../profile-scope.js';
import type { RequestBody } from '../request-body.js';
import {
  emptyWithin,
  fieldsIn,
  filterIn,
  numbersIn,
  profileIn,
  requireOnlyProfile,
  sortIn,
  withPrefixes,
} from './dashboard-request.js';
import {
  ownerOf,
  toDryRun,
  toFoundSession,
  toSessionRow,
  toTranscript,
  type DashboardObject,
} from './dashboard.presenter.js';
import { toExport } from './exported-session.js';
import { sessionsIn } from './import-request.js';
import { ListedRows } from './listed-rows.js';
import { pruneIn } from './prune-request.js';

/** Default and maximum number of conversations in a search result. */
const FOUND = { usual: 20, most: 100 } as const;

/** Error codes that mean that a text is not the id of exactly one session. */
const UNNAMED: ReadonlySet<string> = new Set(['session_not_found', 'ambiguous_session']);

/** Maximum number of conversations found by an id prefix: each needs a lookup of its own. */
const NAMED_MOST = 10;

/** The messages that the model reads, as stored. */
const IN_USE = { withHidden: 'in use', includeInactive: false, withRows: true } as const;

/** A change as the client requested it. */
export interface Change {
  readonly body: RequestBody;
  readonly query: LenientQuery;
}

/** The answers of Hermes's dashboard. */
@Injectable()
export class DashboardService {
  constructor(
    private readonly hermes: HermesSessionsService,
    private readonly sessions: SessionsService,
    private readonly repository: SessionsRepository,
    private readonly scope: ProfileScope,
    private readonly rows: ListedRows,
  ) {}

  /** One page of the conversations of a profile. */
  async list(query: LenientQuery, caller: Principal): Promise<DashboardObject> {
    const access = await this.scope.inDashboard(caller.access, textIn(query, 'profile'));
    const numbers = numbersIn(query);
    const page = await this.hermes.page({
      filter: filterIn(query, access),
      sort: sortIn(query),
      ...numbers,
      withRows: true,
    });
    const sessions = await this.rows.of(page.sessions, query, caller);
    return { sessions, total: page.total, ...numbers };
  }

  /** One session with its row. Columns that may be secret are included only for callers with access to everything. */
  async get(id: string, query: LenientQuery, caller: Principal): Promise<DashboardObject> {
    const access = await this.scope.inDashboard(caller.access, textIn(query, 'profile'));
    return this.hermes.named(id, access, async (whole) => {
      const session = await this.hermes.get(whole, access);
      return { ...(await this.#rowOf(session, access, caller)), ...ownerOf(session) };
    });
  }

  /** The session in which a conversation continues, and the path to it. */
  async latestDescendant(id: string, query: LenientQuery, caller: Principal): Promise<DashboardObject> {
    const access = await this.scope.inDashboard(caller.access, textIn(query, 'profile'));
    return this.hermes.named(id, access, async (whole) => {
      const { tipId } = await this.hermes.get(whole, access);
      const chain: string[] = [];
      for await (const member of this.repository.chain(whole, access)) chain.push(member.id);
      const path = chain.slice(Math.max(0, chain.indexOf(whole)));
      return { requested_session_id: whole, session_id: tipId, path, changed: tipId !== whole };
    });
  }

  async messages(id: string, query: LenientQuery, caller: Principal): Promise<DashboardObject> {
    const access = await this.scope.inDashboard(caller.access, textIn(query, 'profile'));
    return this.hermes.named(id, access, async (whole) =>
      toTranscript(await this.hermes.transcript(whole, query, access, true)),
    );
  }

  /** A session with all its messages, streamed while they are read. */
  async export(id: string, query: LenientQuery, caller: Principal): Promise<Readable> {
    const access = await this.scope.inDashboard(caller.access, textIn(query, 'profile'));
    return this.hermes.named(id, access, async (whole) => {
      const session = await this.hermes.get(whole, access);
      const row = await this.#rowOf(session, access, caller);
      const messages = await beginning(this.repository.transcript(whole, IN_USE, access));
      return textStream(() => toExport(row, messages));
    });
  }

  /**
   * Conversations whose session ids equal or begin with a text, and those that contain all its words, or words that begin with them.
   * @param signal aborts the search.
   */
  async search(query: LenientQuery, caller: Principal, signal?: AbortSignal): Promise<DashboardObject> {
    const access = await this.scope.inDashboard(caller.access, textIn(query, 'profile'));
    const text = (textIn(query, 'q') ?? '').trim();
    if (text === '') return { results: [] };
    const limit = Math.max(1, numberIn(query, 'limit', FOUND.usual, FOUND.most));
    const platforms = textsIn(query, 'source') ?? textsIn(query, 'sources');
    const exceptPlatforms = textsIn(query, 'exclude_sources');
    const [named, found] = await Promise.all([
      this.#named(text, { access, platforms, exceptPlatforms }, limit),
      this.#found({
        filter: {
          access,
          search: withPrefixes(text),
          archived: 'any',
          includeChildren: false,
          platforms,
          exceptPlatforms,
        },
        caller: caller.name,
        signal,
      }),
    ]);
    const isLetThrough = ({ platform }: Session): boolean =>
      platforms?.includes(platform) !== false && exceptPlatforms?.includes(platform) !== true;
    const first = named.filter(isLetThrough);
    const others = found.filter(({ rootId }) => first.every((session) => session.rootId !== rootId));
    const now = epochSeconds();
    const sessions = await Promise.all(
      [...first, ...others].slice(0, limit).map((session) => this.#asItStands(session, access)),
    );
    return { results: sessions.map((session) => toFoundSession(session, now)) };
  }

  /** Totals of a profile. */
  async stats(query: LenientQuery, caller: Principal): Promise<DashboardObject> {
    const access = await this.scope.inDashboard(caller.access, textIn(query, 'profile'));
    const [{ total, byPlatform }, archived] = await Promise.all([
      this.#statistics(access),
      this.hermes.count({ access, archived: 'true', includeChildren: true }),
    ]);
    const sources = [...byPlatform].filter(([, { conversations }]) => conversations > 0);
    return {
      total: total.sessions,
      active_store: total.sessions - archived,
      archived,
      messages: total.messages,
      by_source: Object.fromEntries(sources.map(([source, { conversations }]) => [source, conversations])),
    };
  }

  async countEmpty(query: LenientQuery, caller: Principal): Promise<DashboardObject> {
    const access = await this.scope.inDashboard(caller.access, textIn(query, 'profile'));
    return { count: await this.hermes.count(emptyWithin(access)) };
  }

  /**
   * Deletes sessions that ended without a message. Each is tried only once, since a host may refuse the deletion and send the session again. A
   * session that is no longer empty when its turn comes is kept.
   * @param signal stops before the next page.
   */
  async deleteEmpty(
    { body, query }: Change,
    caller: Principal,
    signal?: AbortSignal,
  ): Promise<DashboardObject> {
    requireOnlyProfile(body);
    requireOnlyProfile(query);
    const access = await this.scope.inDashboard(caller.access, profileIn(body, query));
    const filter = emptyWithin(access);
    let deleted = 0;
    let start: SessionPageRequest['start'] | null = { offset: 0 };
    while (start !== null && signal?.aborted !== true) {
      const page: SessionPage = await this.repository.list({
        filter,
        sort: '-started_at',
        limit: MAX_BULK_IDS,
        start,
      });
      const ids = page.entries.map(({ session }) => session.id);
      const rules = { force: false, onlyEmpty: true, before: deleted };
      deleted = await this.#deleteAll(ids, rules, access, caller);
      start = page.next === null ? null : { after: page.next };
    }
    return { ok: true, deleted };
  }

  /** Renames, archives, hides or pins a session, or marks it as read or unread. */
  async update(id: string, { body, query }: Change, caller: Principal): Promise<DashboardObject> {
    const access = await this.scope.inDashboard(caller.access, profileIn(body, query));
    const fields = fieldsIn(body);
    const session = await this.hermes.named(id, access, (whole) =>
      this.hermes.update(whole, { fields, access }, caller),
    );
    return {
      ok: true,
      title: session.ownTitle ?? '',
      ...(fields.archived === undefined ? {} : { archived: session.archived }),
      ...(fields.hidden === undefined ? {} : { hidden: fields.hidden }),
      ...(fields.pinned === undefined ? {} : { pinned: session.pinned }),
      ...(fields.unread === undefined ? {} : { unread: fields.unread }),
    };
  }

  /** Deletes a session. A missing session is not an error. */
  async delete(id: string, { body, query }: Change, caller: Principal): Promise<DashboardObject> {
    const access = await this.scope.inDashboard(caller.access, profileIn(body, query));
    try {
      await this.sessions.delete(id, { query: { force: true, lineage: false } }, { ...caller, access });
      return { ok: true };
    } catch (error) {
      if (error instanceof DomainError && error.code === 'session_not_found')
        return { ok: true, already_absent: true };
      throw error;
    }
  }

  /** @throws {ApiError} `invalid_body` */
  async deleteMany({ body, query }: Change, caller: Principal): Promise<DashboardObject> {
    const access = await this.scope.inDashboard(caller.access, profileIn(body, query));
    const { ids } = body;
    if (!Array.isArray(ids) || !ids.every((id): id is string => typeof id === 'string'))
      throw new ApiError('invalid_body', { message: 'ids must be a list of session ids' });
    if (ids.length > MAX_BULK_IDS)
      throw new ApiError('invalid_body', { message: `ids must contain at most ${MAX_BULK_IDS} entries` });
    return { ok: true, deleted: await this.#deleteAll([...new Set(ids)], { force: true }, access, caller) };
  }

  /**
   * Imports exported sessions. Existing sessions stay as they are.
   * @throws {ApiError} `invalid_body`, `invalid_parameter`, {@link ImportRefusal}, and errors of the import itself.
   */
  async importSessions({ body, query }: Change, caller: Principal): Promise<DashboardObject> {
    const access = await this.scope.inDashboard(caller.access, profileIn(body, query));
    const sessions = await sessionsIn(body, epochSeconds());
    const { imported, skipped, detached } = await this.hermes.importSessions(sessions, access, caller);
    return {
      ok: true,
      imported: imported.length,
      skipped: skipped.length,
      detached,
      imported_ids: imported,
      skipped_ids: skipped,
      errors: [],
    };
  }

  /** Lists or deletes conversations that were inactive for long. @throws {ApiError} `invalid_parameter` */
  async prune({ body, query }: Change, caller: Principal): Promise<DashboardObject> {
    requireOnlyProfile(query);
    const access = await this.scope.inDashboard(caller.access, profileIn(body, query));
    const { selection, isDry } = pruneIn(body, access, epochSeconds());
    const plan = await this.repository.planPrune(selection);
    if (isDry) return toDryRun(plan);
    return { ok: true, removed: await this.sessions.carryOut(plan, access, caller) };
  }

  /** Conversations whose session ids equal or begin with a text; the one with the equal id comes first. */
  async #named(
    text: string,
    filter: Pick<SessionFilter, 'access' | 'platforms' | 'exceptPlatforms'>,
    limit: number,
  ): Promise<readonly Session[]> {
    const { access } = filter;
    const [named, { entries }] = await Promise.all([
      this.#conversationOf(text, access),
      this.repository.list({
        filter: { ...filter, idBeginning: text, archived: 'any', includeChildren: true },
        sort: '-started_at',
        limit,
        start: { offset: 0 },
      }),
    ]);
    const others = onceEach(entries.map(({ session }) => session)).slice(0, NAMED_MOST);
    const found = await Promise.all(
      others.map((session) => this.#conversationOf(session.id, accessWithin(access, session))),
    );
    return onceEach([...named, ...found.flat()]);
  }

  /** The continuing session of the conversation that contains a session; empty if there is none. */
  async #conversationOf(id: string, access: SessionAccess): Promise<readonly Session[]> {
    try {
      const { tipId, rootId } = await this.hermes.get(id, access);
      const [tip, { platform }] = await Promise.all([
        this.hermes.get(tipId, access),
        this.hermes.get(rootId, access),
      ]);
      return [{ ...tip, platform }];
    } catch (error) {
      if (error instanceof DomainError && UNNAMED.has(error.code)) return [];
      throw error;
    }
  }

  /** Equally relevant results are in the order in which their messages were written. */
  async #found(
    request: Pick<SessionPageRequest, 'filter' | 'caller' | 'signal'>,
  ): Promise<readonly Session[]> {
    const page = await this.repository.list({
      ...request,
      sort: 'relevance',
      total: 'about',
      limit: FOUND.most,
      start: { offset: 0 },
    });
    return [...page.entries]
      .sort(
        (a, b) =>
          b.place.value - a.place.value ||
          (a.session.match?.messageId ?? Infinity) - (b.session.match?.messageId ?? Infinity),
      )
      .map(({ session }) => session);
  }

  /** Replaces the fields in which a list entry differs from its own row: in a compressed conversation it has those of the first session. */
  async #asItStands(session: Session, access: SessionAccess): Promise<Session> {
    if (session.id === session.rootId) return session;
    try {
      const { parentId, startedAt } = await this.hermes.get(session.id, accessWithin(access, session));
      return { ...session, parentId, startedAt };
    } catch (error) {
      // Deleted since the search found it.
      if (error instanceof DomainError && UNNAMED.has(error.code)) return session;
      throw error;
    }
  }

  #statistics(access: SessionAccess): ReturnType<SessionsRepository['statistics']> {
    return this.repository.statistics({ access, timeZone: 'utc', activeSince: epochSeconds() });
  }

  /**
   * Deletes as many sessions as the time limit allows.
   * @param before the number that the same request has already deleted.
   * @returns the total number deleted by the request.
   * @throws {ApiError} the history's failure, or `store_busy`, if that left sessions undeleted: Hermes's answer has no field for it
   */
  async #deleteAll(
    ids: readonly string[],
    { before = 0, ...rules }: Pick<BulkRequest, 'force' | 'onlyEmpty'> & { readonly before?: number },
    access: SessionAccess,
    caller: Principal,
  ): Promise<number> {
    if (ids.length === 0) return before;
    const { succeeded, data } = await this.sessions.bulk(
      { action: 'delete', ids, ...rules, isKept: false },
      {},
      { ...caller, access },
    );
    const deleted = before + succeeded;
    for (const { error } of data) {
      if (error === undefined || !isStoreError(error.code)) continue;
      const done = deleted === 0 ? '' : `Only some sessions were deleted: ${deleted}. `;
      throw new ApiError(error.code, { message: `${done}${error.message}` });
    }
    return deleted;
  }

  async #rowOf(session: Session, access: SessionAccess, caller: Principal): Promise<DashboardObject> {
    const row = toSessionRow(session, await this.repository.row(session.id, access));
    return isWhole(caller.access) ? row : { ...row, model_config: null, system_prompt: null };
  }
}

/** The first session of each conversation. */
function onceEach(sessions: readonly Session[]): readonly Session[] {
  const byRoot = new Map<string, Session>();
  for (const session of sessions) {
    const root = JSON.stringify([session.profile, session.origin, session.rootId]);
    byRoot.set(root, byRoot.get(root) ?? session);
  }
  return [...byRoot.values()];
}
