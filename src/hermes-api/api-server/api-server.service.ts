import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { SessionAccess } from '../../domain/access.js';
import { epochSeconds } from '../../domain/instant.js';
import type { Principal } from '../../auth/principal.js';
import { ApiError } from '../../http/errors.js';
import { unchangedSince } from '../../sessions/session-condition.js';
import { SessionsService } from '../../sessions/sessions.service.js';
import { Upstream, USUAL_MODEL } from '../../upstream/upstream.js';
import {
  HermesSessionsService,
  titleOf,
  unsupportedFields,
  type SessionFields,
} from '../hermes-sessions.service.js';
import { numberIn, switchIn, textIn, type LenientQuery } from '../lenient-query.js';
import type { RequestBody } from '../request-body.js';
import { ProfileScope } from '../profile-scope.js';
import { toEnvelope, toHermesList, toHermesTranscript } from './api-server.presenter.js';
import type {
  HermesDeletedResponse,
  HermesMessageListResponse,
  HermesSessionEnvelope,
  HermesSessionListResponse,
} from './api-server.response.js';

const PAGE = { usual: 50, most: 200 } as const;
const MAX_OFFSET = 1_000_000;

const FLAGS = ['pinned', 'archived', 'hidden', 'unread'] as const;

/** Fields that a `PATCH` may contain. */
const FIELDS: ReadonlySet<string> = new Set(['title', 'end_reason', ...FLAGS]);

/** A request to one of these routes. */
export interface ApiServerRequest {
  readonly caller: Principal;
  /** The profile in the path; undefined if the path names none. */
  readonly profile: string | undefined;
  /** The profiles that the query and body of a change name. */
  readonly besidePath: readonly unknown[];
}

/** The answers of Hermes's API server. */
@Injectable()
export class ApiServerService {
  constructor(
    private readonly hermes: HermesSessionsService,
    private readonly sessions: SessionsService,
    private readonly scope: ProfileScope,
    private readonly upstream: Upstream,
  ) {}

  /** One page of conversations, newest activity first, without archived ones, as in Hermes. */
  async list(query: LenientQuery, from: ApiServerRequest): Promise<HermesSessionListResponse> {
    const access = await this.#accessOf(from);
    const numbers = {
      limit: numberIn(query, 'limit', PAGE.usual, PAGE.most),
      offset: numberIn(query, 'offset', 0, MAX_OFFSET),
    };
    const source = textIn(query, 'source');
    const includeChildren = switchIn(query, 'include_children');
    const page = await this.hermes.page({
      filter: {
        access,
        platforms: source === undefined ? undefined : [source],
        archived: 'false',
        includeChildren,
      },
      sort: '-last_active_at',
      ...numbers,
    });
    return toHermesList(page, numbers, includeChildren);
  }

  async get(id: string, from: ApiServerRequest): Promise<HermesSessionEnvelope> {
    return toEnvelope(await this.hermes.get(id, await this.#accessOf(from)));
  }

  /** @throws {ApiError} `invalid_session_id`, `invalid_title`, and what the repository throws. */
  async create(body: RequestBody, from: ApiServerRequest): Promise<HermesSessionEnvelope> {
    const access = await this.#accessOf(from);
    const { model: usual = USUAL_MODEL } = await this.upstream.offer();
    const session = {
      id: newIdIn(body),
      source: sourceIn(body),
      title: body.title === undefined ? null : titleOf(body.title),
      model: textFieldIn(body, 'model') ?? usual,
      systemPrompt: textFieldIn(body, 'system_prompt') ?? null,
      modelConfig: modelLockOf(body),
    };
    return toEnvelope(await this.hermes.create(session, access, from.caller));
  }

  /** @throws as {@link create}. */
  async fork(id: string, body: RequestBody, from: ApiServerRequest): Promise<HermesSessionEnvelope> {
    const access = await this.#accessOf(from);
    const title = body.title === undefined || body.title === null ? undefined : titleOf(body.title);
    const fork = { id: newIdIn(body), source: API_SERVER, title };
    return toEnvelope(await this.hermes.fork(id, fork, access, from.caller));
  }

  /**
   * @param ifMatch the `If-Match` header: tags of answers of {@link get}.
   * @throws {ApiError} `unsupported_session_field`, `invalid_session_field`, and errors of {@link HermesSessionsService.update}.
   */
  async update(
    id: string,
    body: RequestBody,
    ifMatch: string | undefined,
    from: ApiServerRequest,
  ): Promise<HermesSessionEnvelope> {
    const access = await this.#accessOf(from);
    // A missing session is reported before errors in the body.
    await this.hermes.get(id, access);
    const precondition = unchangedSince(ifMatch, toEnvelope);
    const fields = fieldsOf(body);
    return toEnvelope(await this.hermes.update(id, { fields, access, precondition }, from.caller));
  }

  /**
   * Deletes a session even while an agent is using it, as Hermes does.
   * @param ifMatch as for {@link update}.
   */
  async delete(
    id: string,
    ifMatch: string | undefined,
    from: ApiServerRequest,
  ): Promise<HermesDeletedResponse> {
    const access = await this.#accessOf(from);
    const precondition = unchangedSince(ifMatch, toEnvelope);
    await this.sessions.delete(
      id,
      { query: { force: true, lineage: false }, precondition },
      { ...from.caller, access },
    );
    return { object: 'hermes.session.deleted', id, deleted: true };
  }

  /** Part of the transcript of the session in which a conversation continues. */
  async messages(
    id: string,
    query: LenientQuery,
    from: ApiServerRequest,
  ): Promise<HermesMessageListResponse> {
    const access = await this.#accessOf(from);
    return toHermesTranscript(await this.hermes.transcript(id, query, access));
  }

  /**
   * The access to the profile of a request. Hermes ignores a name that is not in the path, and changes a session of the same id in another profile.
   * @throws {ApiError} `unknown_parameter` if a change names another profile beside its path.
   */
  async #accessOf({ caller, profile, besidePath }: ApiServerRequest): Promise<SessionAccess> {
    const access = await this.scope.within(caller.access, profile);
    const names: readonly unknown[] = access.profiles ?? [];
    if (besidePath.every((name) => names.includes(name))) return access;
    const message = 'Name the profile in the path: /p/<profile>/api/sessions.';
    throw new ApiError('unknown_parameter', { param: 'profile', message });
  }
}

/** The platform of sessions created here. */
const API_SERVER = 'api_server';

/** Platforms that a client may choose for its session. */
const SOURCES: ReadonlySet<unknown> = new Set([
  'hermes_browser',
  'browser',
  'cli',
  'telegram',
  'discord',
  'slack',
  'desktop',
  'dashboard',
]);

function sourceIn({ source }: RequestBody): string {
  return typeof source === 'string' && SOURCES.has(source) ? source : API_SERVER;
}

/** Maximum length of a client-chosen id, in characters. */
const LONGEST_ID = 500;

/**
 * The id of a new session; by default generated like Hermes's own.
 * @throws {ApiError} `invalid_session_id`
 */
function newIdIn(body: RequestBody): string {
  const named = [body.id, body.session_id].find(
    (value) => value !== undefined && value !== null && value !== '',
  );
  if (named === undefined) {
    return `api_${Math.floor(epochSeconds())}_${randomBytes(4).toString('hex')}`;
  }
  const id = typeof named === 'string' ? named.trim() : '';
  if (id === '' || id.length > LONGEST_ID || /[\r\n\0]/.test(id) || !id.isWellFormed())
    throw new ApiError('invalid_session_id');
  return id;
}

/**
 * Fixes the requested model for the whole session. Hermes keeps this in the session's model configuration.
 * @returns null if no model is requested.
 */
function modelLockOf(body: RequestBody): string | null {
  const [model, provider] = [textFieldIn(body, 'model'), textFieldIn(body, 'provider')];
  if (model === undefined && provider === undefined) return null;
  const options = body.model_options;
  return JSON.stringify({
    browser_model_lock: {
      provider: provider ?? null,
      model: model ?? null,
      model_options: typeof options === 'object' && options !== null ? options : {},
      route_source: 'raw_request',
      confirmed: true,
      updated_at: epochSeconds(),
    },
  });
}

/** @throws {ApiError} `invalid_session_field` */
function textFieldIn(body: RequestBody, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  throw new ApiError('invalid_session_field', { message: `${name} must be a string` });
}

/** @throws {ApiError} `unsupported_session_field`, `invalid_session_field` */
function fieldsOf(body: RequestBody): SessionFields {
  const unknown = Object.keys(body).filter((name) => !FIELDS.has(name));
  if (unknown.length > 0) throw unsupportedFields(unknown);
  return {
    title: body.title,
    endReason: body.end_reason,
    archived: flagIn(body, 'archived'),
    pinned: flagIn(body, 'pinned'),
    hidden: flagIn(body, 'hidden'),
    unread: flagIn(body, 'unread'),
  };
}

function flagIn(body: RequestBody, name: string): boolean | undefined {
  const value = body[name];
  if (value === undefined || typeof value === 'boolean') return value;
  throw new ApiError('invalid_session_field', { message: `'${name}' must be a boolean` });
}
