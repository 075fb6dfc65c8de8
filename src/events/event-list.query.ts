import { OmitType } from '@nestjs/swagger';
import { SessionListQuery } from '../sessions/dto/session-list.query.js';

/** Query of `GET /v1/sessions/events`: the filters of the list that an event can be judged by. */
export class EventListQuery extends OmitType(SessionListQuery, [
  'limit',
  'offset',
  'after',
  'search',
  'search_in',
  'pinned',
  'sort',
  'total',
] as const) {}
