import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import type { Message } from '../domain/message.js';
import type { Session, SessionDetail } from '../domain/session.js';
import { defined } from '../domain/defined.js';
import { DomainError } from '../domain/errors.js';
import { ApiError } from '../http/errors.js';
import { ownerWithin, type NewFork, type NewSession } from '../sessions/session-creation.js';
import { UNFINISHED, type ImportedSession, type ImportOutcome } from '../sessions/session-import.js';
import { mayKnow, type SessionAccess } from '../domain/access.js';
import type { PlacedSession, SessionChanges, SessionFilter, SessionSort } from '../sessions/session-query.js';
import { cleanTitle, MAX_TITLE_LENGTH } from '../sessions/session-title.js';
import { SessionReader } from '../sessions/session-reader.js';
import type { SessionPrecondition } from '../sessions/sessions.repository.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { numberIn, switchIn, textIn, type LenientQuery } from './lenient-query.js';

/** Maximum number of messages in one answer. */
const MAX_MESSAGES = 500;

/** Maximum size of the messages in one answer, in bytes: clients of Hermes expect all requested messages, but a longer text could not be written. */
const MOST_BYTES = 64 * 1024 * 1024;

/** A page of a list in Hermes's format. */
export interface HermesPage {
  /** The entries of the page, followed by all matching pinned sessions that are not on it. */
  readonly sessions: readonly Session[];
  readonly total: number;
  readonly hasMore: boolean;
}

/** A request for a page. */
export interface HermesPageRequest {
  readonly filter: SessionFilter;
  readonly sort: SessionSort;
  /** 0 returns only the pinned sessions. */
  readonly limit: number;
  readonly offset: number;
  readonly withRows?: boolean;
  /** For a page of several profiles: the profiles, in the order in which entries of the same time are sorted. */
  readonly profiles?: readonly string[];
}

/** Part of the transcript of the session in which the conversation continues. */
export interface HermesTranscript {
  readonly sessionId: string;
  readonly messages: readonly Message[];
  readonly pagination: HermesPagination;
}

/** The part of the transcript, in the format of both of Hermes's servers. */
interface HermesPagination {
  readonly limit: number;
  readonly offset: number;
  readonly order: 'oldest' | 'latest';
  readonly returned: number;
  /** Set if the size limit left out messages. */
  readonly has_more?: true;
}

/** The changeable fields, under the names that Hermes's clients use. */
export interface SessionFields {
  readonly title?: unknown;
  readonly endReason?: unknown;
  readonly archived?: boolean;
  readonly pinned?: boolean;
  readonly hidden?: boolean;
  readonly unread?: boolean;
}

/** The semantics of the parameters of Hermes's own servers, independent of the answer format. */
@Injectable()
export class HermesSessionsService {
  constructor(
    private readonly reader: SessionReader,
    private readonly sessions: SessionsService,
  ) {}

  /** A page of sessions. */
  async page({ limit, offset, profiles = [], ...request }: HermesPageRequest): Promise<HermesPage> {
    // If every profile has the same session, that many entries share one time. Sorting them by profile can move some of them onto or off the page.
    const behind = Math.max(0, profiles.length - 1);
    const before = Math.min(behind, offset);
    const page = await this.reader.list({
      ...request,
      withPinned: true,
      limit: Math.max(1, before + limit + behind),
      start: { offset: offset - before },
    });
    const entries = inOrder(page.entries, profiles).slice(before, before + limit);
    const listed = new Set(entries.map(keyOf));
    const pinned = inOrder(page.pinned ?? [], profiles).filter((session) => !listed.has(keyOf(session)));
    return {
      sessions: [...entries, ...pinned],
      total: page.total,
      hasMore: offset + entries.length < page.total,
    };
  }

  /** The number of entries of a list. */
  async count(filter: SessionFilter): Promise<number> {
    const page = await this.reader.list({ filter, sort: '-started_at', limit: 1, start: { offset: 0 } });
    return page.total;
  }

  /** @throws {ApiError} `session_not_found`, `ambiguous_session` */
  get(id: string, access: SessionAccess): Promise<SessionDetail> {
    return this.reader.get(id, access);
  }

  /**
   * Runs `work` for the session whose id is the text, or else for the only session whose id begins with it, as Hermes's dashboard does.
   * @throws {ApiError} `session_not_found` if no session, or several, begin with it; and errors of `work`.
   */
  async named<T>(text: string, access: SessionAccess, work: (id: string) => Promise<T>): Promise<T> {
    try {
      return await work(text);
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'session_not_found') throw error;
      const id = await this.#onlyOneBeginningWith(text, access);
      if (id === undefined) throw error;
      return work(id);
    }
  }

  async #onlyOneBeginningWith(text: string, access: SessionAccess): Promise<string | undefined> {
    const { entries, total } = await this.reader.list({
      filter: { access, idBeginning: text, archived: 'any', includeChildren: true },
      sort: '-started_at',
      limit: 1,
      start: { offset: 0 },
    });
    return total === 1 ? entries[0]?.session.id : undefined;
  }

  /**
   * The messages that the model reads, including hidden ones; with `include_compacted` also those that were compacted away. With an explicit limit,
   * the default order is from the beginning.
   * @throws {ApiError} `invalid_pagination`, `session_not_found`, `ambiguous_session`
   */
  async transcript(
    id: string,
    query: LenientQuery,
    access: SessionAccess,
    withRows = false,
  ): Promise<HermesTranscript> {
    const { tipId } = await this.reader.get(id, access);
    const { limit, offset, order } = paginationOf(query);
    const { messages, hasMore } = await this.reader.messages(
      tipId,
      {
        limit: Math.max(1, limit),
        offset,
        order: order === 'oldest' ? 'asc' : 'desc',
        withHidden: switchIn(query, 'include_compacted') ? 'kept' : 'in use',
        includeInactive: false,
        lineage: false,
        withRows,
        mostBytes: MOST_BYTES,
      },
      access,
    );
    const part = messages.slice(0, limit);
    return {
      sessionId: tipId,
      messages: order === 'oldest' ? part : [...part].reverse(),
      pagination: {
        limit,
        offset,
        order,
        returned: part.length,
        // Hermes always returns full pages. A client that reads until a page is not full must learn that this one is short for another reason.
        ...(hasMore && part.length < limit ? { has_more: true as const } : {}),
      },
    };
  }

  /**
   * Changes a session. Without changes it is only read.
   * @throws {ApiError} `invalid_title`, also if another session has the title; `unsupported_session_field` if the history's version lacks a field;
   *   and errors of the repository.
   */
  async update(
    id: string,
    { fields, access, precondition }: HermesUpdate,
    caller: Principal,
  ): Promise<SessionDetail> {
    const changes = changesOf(fields);
    if (Object.keys(changes).length === 0) return this.reader.get(id, access);
    try {
      return await this.#namingHolder(changes.title, access, () =>
        this.sessions.change(id, { changes, access, precondition }, caller),
      );
    } catch (error) {
      throw isUnknownField(error) ? unsupportedFields([error.param]) : error;
    }
  }

  /** @throws {ApiError} `invalid_title` if another session has the title; and errors of the repository. */
  async create(session: NewSession, access: SessionAccess, caller: Principal): Promise<SessionDetail> {
    requireOwnable(access, session.source);
    const create = (): Promise<SessionDetail> => this.sessions.create(session, access, caller);
    return this.#namingHolder(session.title, access, create, 'Title already in use');
  }

  /** @throws as {@link create}. */
  async fork(id: string, fork: NewFork, access: SessionAccess, caller: Principal): Promise<SessionDetail> {
    requireOwnable(access, fork.source);
    return this.#namingHolder(fork.title, access, () => this.sessions.fork(id, fork, access, caller));
  }

  /**
   * Imports sessions exported elsewhere. Sessions without a user get the caller's user if the caller is limited to one.
   * @throws {ApiError} `invalid_title` if another session has the title of one; `insufficient_scope`; and errors of the repository.
   * @throws {DomainError} `store_busy` after all other sessions were imported, if one was imported only in part: the sender must send it again.
   */
  async importSessions(
    sessions: readonly ImportedSession[],
    access: SessionAccess,
    caller: Principal,
  ): Promise<ImportOutcome> {
    const owned = sessions.map((session) => ({ ...session, userId: session.userId ?? ownerWithin(access) }));
    for (const { source, userId } of owned) requireOwnable(access, source, userId);
    try {
      return withoutParts(await this.sessions.importSessions(owned, access, caller));
    } catch (error) {
      if (!isTitleInUse(error)) throw error;
      throw new ApiError('invalid_title', { param: 'title', message: error.message });
    }
  }

  /** Runs a change. @throws {ApiError} `invalid_title`, which names the session that already has the title. */
  async #namingHolder<T>(
    title: string | null | undefined,
    access: SessionAccess,
    change: () => Promise<T>,
    problem = `Title '${title ?? ''}' is already in use`,
  ): Promise<T> {
    try {
      return await change();
    } catch (error) {
      if (!isTitleInUse(error)) throw error;
      throw titleInUse(problem, await this.#holderOf(title ?? '', access));
    }
  }

  /** The session that has a title, if the caller may see it. */
  async #holderOf(title: string, access: SessionAccess): Promise<string | undefined> {
    const { entries } = await this.reader.list({
      filter: { access, title, archived: 'any', includeChildren: true },
      sort: '-last_active_at',
      limit: 1,
      start: { offset: 0 },
    });
    return entries[0]?.session.id;
  }
}

/** @throws {ApiError} `insufficient_scope` if the caller could not see a session that it creates. */
function requireOwnable(access: SessionAccess, source: string, userId = ownerWithin(access)): void {
  if (mayKnow(access, { source, userId })) return;
  throw new ApiError('insufficient_scope', { message: `This key may not know of sessions of ${source}.` });
}

function withoutParts(outcome: ImportOutcome): ImportOutcome {
  const [id] = outcome.unfinished;
  if (id === undefined) return outcome;
  throw new DomainError('store_busy', {
    message: `Of session ${id} only a part is there: it is being imported, or that ended half-way. Send it again in a minute.`,
  });
}

function isTitleInUse(error: unknown): error is DomainError {
  return error instanceof DomainError && error.code === 'title_in_use';
}

/** Whether the error is about a field that older versions of Hermes lack. */
function isUnknownField(error: unknown): error is DomainError & { readonly param: 'hidden' | 'unread' } {
  if (!(error instanceof DomainError) || error.code !== 'unsupported_by_store') return false;
  return error.param === 'hidden' || error.param === 'unread';
}

/** The error for fields that sessions do not have. */
export function unsupportedFields(names: readonly string[]): ApiError {
  const message = `Unsupported session fields: ${[...names].sort().join(', ')}`;
  return new ApiError('unsupported_session_field', { message });
}

function titleInUse(what: string, holder: string | undefined): ApiError {
  const who = holder === undefined ? 'another session' : `session ${holder}`;
  return new ApiError('invalid_title', { param: 'title', message: `${what} by ${who}` });
}

/** A change to one session, and the access to it. */
export interface HermesUpdate {
  readonly fields: SessionFields;
  readonly access: SessionAccess;
  readonly precondition?: SessionPrecondition;
}

/** @throws {ApiError} `invalid_title`; `invalid_session_field` for an end reason that this server reserves */
function changesOf({ title, endReason, archived, pinned, hidden, unread }: SessionFields): SessionChanges {
  const reason = endReason === undefined || endReason === null ? '' : asText(endReason);
  if (reason === UNFINISHED)
    throw new ApiError('invalid_session_field', {
      param: 'end_reason',
      message: `end_reason may not be ${UNFINISHED}.`,
    });
  return defined({
    title: title === undefined ? undefined : titleOf(title),
    endReason: reason === '' ? undefined : reason,
    archived,
    pinned,
    hidden,
    unread,
  });
}

/**
 * A title as Hermes would store it, from a value of any type.
 * @throws {ApiError} `invalid_title`
 */
export function titleOf(value: unknown): string | null {
  const { title, length } = cleanTitle(value === null ? '' : asText(value));
  if (length > MAX_TITLE_LENGTH) {
    throw new ApiError('invalid_title', {
      param: 'title',
      message: `Title too long (${length} chars, max ${MAX_TITLE_LENGTH})`,
    });
  }
  return title === '' ? null : title;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** @throws {ApiError} `invalid_pagination` */
function paginationOf(query: LenientQuery): Omit<HermesPagination, 'returned'> {
  const order = textIn(query, 'order');
  if (order !== undefined && order !== 'oldest' && order !== 'latest')
    throw new ApiError('invalid_pagination', { message: 'order must be one of: oldest, latest' });
  for (const name of ['limit', 'offset']) {
    const text = textIn(query, name);
    if (text !== undefined && !/^\d{1,15}$/.test(text)) throw new ApiError('invalid_pagination');
  }
  return {
    limit: numberIn(query, 'limit', MAX_MESSAGES, MAX_MESSAGES),
    offset: numberIn(query, 'offset', 0, Number.MAX_SAFE_INTEGER),
    order: order ?? (textIn(query, 'limit') === undefined ? 'latest' : 'oldest'),
  };
}

/** Entries in descending order of their sort value; equal ones in the order of the profiles. */
function inOrder(entries: readonly PlacedSession[], profiles: readonly string[]): readonly Session[] {
  const rank = ({ session }: PlacedSession): number => profiles.indexOf(session.profile);
  return [...entries]
    .sort((a, b) => b.place.value - a.place.value || rank(a) - rank(b))
    .map(({ session }) => session);
}

function keyOf({ profile, origin, id }: Session): string {
  return JSON.stringify([origin, profile, id]);
}
