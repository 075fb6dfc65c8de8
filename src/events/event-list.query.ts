import { OmitType } from '@nestjs/swagger';
import { SessionListQuery } from '../sessions/dto/session-list.query.js';

/** Query of `GET /v1/sessions/events`: those filters of the list that apply to events. */
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
