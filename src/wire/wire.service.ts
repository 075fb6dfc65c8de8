import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import type { UpdateSessionBody } from '../sessions/dto/update-session.body.js';
import { unchangedSince } from '../sessions/session-condition.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { toWireEnvelope, toWireMessage, toWireSession } from './wire-presenter.js';
import { numberIn, switchIn, textIn, type LenientQuery } from './wire.query.js';
import type {
  WireDeletedResponse,
  WireMessageListResponse,
  WireSessionEnvelope,
  WireSessionListResponse,
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
    const data = page.entries.map(({ session }) => toWireSession(session));
    return { object: 'list', data, limit, offset, has_more: page.next !== null };
  }

  async get(id: string, caller: Principal): Promise<WireSessionEnvelope> {
    return toWireEnvelope(await this.sessions.get(id, {}, caller));
  }

  /** @param ifMatch the `If-Match` header: tags of what {@link get} answers. */
  async update(
    id: string,
    body: UpdateSessionBody,
    ifMatch: string | undefined,
    caller: Principal,
  ): Promise<WireSessionEnvelope> {
    const precondition = unchangedSince(ifMatch, toWireEnvelope);
    return toWireEnvelope(await this.sessions.update(id, { body, history: {}, precondition }, caller));
  }

  /** @param ifMatch as of {@link update}. */
  async delete(id: string, ifMatch: string | undefined, caller: Principal): Promise<WireDeletedResponse> {
    const precondition = unchangedSince(ifMatch, toWireEnvelope);
    await this.sessions.delete(id, { query: { force: false, lineage: false }, precondition }, caller);
    return { object: 'hermes.session.deleted', id, deleted: true };
  }

  /** Part of the transcript of the session in which a conversation lives on, in the order in which it was written. */
  async messages(id: string, query: LenientQuery, caller: Principal): Promise<WireMessageListResponse> {
    const { tipId: tip } = await this.sessions.get(id, {}, caller);
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
    const messages = order === 'oldest' ? page.messages : [...page.messages].reverse();
    return {
      object: 'list',
      session_id: tip,
      ...(tip === id ? {} : { requested_session_id: id }),
      data: messages.map(toWireMessage),
      pagination: { limit, offset, order, returned: messages.length },
    };
  }
}
