import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { ApiError } from '../http/errors.js';
import type { MessageResponse } from '../sessions/dto/message.response.js';
import type { SessionDetailResponse } from '../sessions/dto/session-detail.response.js';
import type { SessionResponse } from '../sessions/dto/session.response.js';
import type { UpdateSessionBody } from '../sessions/dto/update-session.body.js';
import { unchangedSince } from '../sessions/session-condition.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { numberIn, switchIn, textIn, type LenientQuery } from './wire.query.js';
import type {
  WireDeletedResponse,
  WireMessageListResponse,
  WireMessageResponse,
  WireSessionEnvelope,
  WireSessionListResponse,
  WireSessionResponse,
} from './wire.response.js';

const PAGE = { usual: 50, most: 200 } as const;
const MAX_OFFSET = 1_000_000;
const MESSAGES = { usual: 500, most: 500 } as const;

/** What this server's own service says, in the shapes of Hermes's API server. */
@Injectable()
export class WireService {
  constructor(@Inject(SessionsService) private readonly sessions: SessionsService) {}

  /** One page of conversations, newest activity first; archived ones are left out as in Hermes. */
  async list(query: LenientQuery, caller: Principal): Promise<WireSessionListResponse> {
    const limit = Math.max(1, numberIn(query, 'limit', PAGE.usual, PAGE.most));
    const offset = numberIn(query, 'offset', 0, MAX_OFFSET);
    const source = textIn(query, 'source');
    const page = await this.sessions.list(
      {
        limit,
        offset,
        platform: source === undefined ? undefined : [source],
        include_children: switchIn(query, 'include_children'),
        archived: 'false',
      },
      caller,
    );
    const data = await Promise.all(page.data.map((session) => this.#withUsage(session, caller)));
    const known = data.filter((session) => session !== undefined);
    return { object: 'list', data: known, limit, offset, has_more: page.has_more };
  }

  async get(id: string, caller: Principal): Promise<WireSessionEnvelope> {
    return toEnvelope(await this.sessions.get(id, {}, caller));
  }

  /** @param ifMatch the `If-Match` header: tags of what {@link get} answers. */
  async update(
    id: string,
    body: UpdateSessionBody,
    ifMatch: string | undefined,
    caller: Principal,
  ): Promise<WireSessionEnvelope> {
    const precondition = unchangedSince(ifMatch, toEnvelope);
    return toEnvelope(await this.sessions.update(id, { body, history: {}, precondition }, caller));
  }

  /** @param ifMatch as of {@link update}. */
  async delete(id: string, ifMatch: string | undefined, caller: Principal): Promise<WireDeletedResponse> {
    const precondition = unchangedSince(ifMatch, toEnvelope);
    const { deleted } = await this.sessions.delete(id, { query: { force: false }, precondition }, caller);
    return { object: 'hermes.session.deleted', id, deleted };
  }

  /** Part of the transcript of the session in which a conversation lives on, in the order in which it was written. */
  async messages(id: string, query: LenientQuery, caller: Principal): Promise<WireMessageListResponse> {
    const { tip_session_id: tip } = await this.sessions.get(id, {}, caller);
    const limit = Math.max(1, numberIn(query, 'limit', MESSAGES.usual, MESSAGES.most));
    const offset = numberIn(query, 'offset', 0, MAX_OFFSET);
    const order = /^(oldest|asc)$/i.test(textIn(query, 'order') ?? '') ? 'oldest' : 'latest';
    const page = await this.sessions.messages(
      tip,
      {
        limit,
        offset,
        order: order === 'oldest' ? 'asc' : 'desc',
        include_inactive: false,
        lineage: false,
      },
      caller,
    );
    const messages = order === 'oldest' ? page.data : [...page.data].reverse();
    return {
      object: 'list',
      session_id: tip,
      ...(tip === id ? {} : { requested_session_id: id }),
      data: messages.map((message) => toWireMessage(message, tip)),
      pagination: { limit, offset, order, returned: messages.length },
    };
  }

  /** A list shows no usage, which Hermes's clients expect; a session that is gone by now is left out. */
  async #withUsage(listed: SessionResponse, caller: Principal): Promise<WireSessionResponse | undefined> {
    try {
      const { usage } = await this.sessions.get(
        listed.id,
        { profile: listed.profile, origin: listed.origin ?? undefined },
        caller,
      );
      return toWireSession(listed, usage);
    } catch (error) {
      if (error instanceof ApiError && error.code === 'session_not_found') return undefined;
      throw error;
    }
  }
}

function toEnvelope(session: SessionDetailResponse): WireSessionEnvelope {
  return { object: 'hermes.session', session: toWireSession(session, session.usage) };
}

function toWireSession(session: SessionResponse, usage: SessionDetailResponse['usage']): WireSessionResponse {
  return {
    id: session.id,
    source: session.platform,
    user_id: session.user_id,
    model: session.model,
    title: session.title,
    started_at: secondsOf(session.started_at),
    ended_at: secondsOf(session.ended_at),
    end_reason: session.end_reason,
    message_count: session.message_count,
    tool_call_count: session.tool_call_count,
    ...usage,
    parent_session_id: session.parent_session_id,
    last_active: secondsOf(session.last_active_at),
    preview: session.preview,
    _lineage_root_id: session.root_session_id,
    pinned: session.pinned,
    archived: session.archived,
  };
}

function toWireMessage(message: MessageResponse, sessionId: string): WireMessageResponse {
  const { object: _object, active: _active, timestamp, ...rest } = message;
  return { ...rest, session_id: sessionId, timestamp: secondsOf(timestamp) };
}

function secondsOf(instant: string | null): number | null {
  return instant === null ? null : Date.parse(instant) / 1000;
}
