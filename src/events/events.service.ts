import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import type { SessionAddressQuery } from '../sessions/dto/session-address.query.js';
import { accessWithin } from '../domain/access.js';
import { criteriaOf } from '../sessions/session-filter.js';
import { SessionReader } from '../sessions/session-reader.js';
import { EventHub } from './event-hub.js';
import type { EventListQuery } from './event-list.query.js';

/** Live events in the terms of the API. */
@Injectable()
export class EventsService {
  constructor(
    private readonly hub: EventHub,
    private readonly reader: SessionReader,
  ) {}

  /** Events of all sessions that match the filters of a list. */
  all(query: EventListQuery, { access, isCurrent }: Principal, lastEventId?: string): Promise<Readable> {
    const filter = {
      ...criteriaOf(query, access),
      archived: query.archived,
      includeChildren: query.include_children,
    };
    return this.hub.listen({ filter, lastEventId, isCurrent });
  }

  /**
   * Events of one session.
   * @throws {DomainError} `session_not_found`, `ambiguous_session`
   */
  async one(
    id: string,
    query: SessionAddressQuery,
    { access: all, isCurrent }: Principal,
    lastEventId?: string,
  ): Promise<Readable> {
    const history = await this.reader.get(id, accessWithin(all, query));
    const filter = {
      access: accessWithin(all, history),
      archived: 'any',
      includeChildren: true,
      sessionId: id,
    } as const;
    return this.hub.listen({ filter, lastEventId, isCurrent });
  }
}
