import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { BooleanParameter, IntegerParameter, ListParameter } from '../../http/parameters.js';
import { SessionAddressQuery } from './session-address.query.js';
import { SearchParameter } from './session-list.query.js';

/** Query of `GET /v1/sessions/{session_id}/messages`. */
export class MessageListQuery extends SessionAddressQuery {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 500,
    default: 50,
    description:
      'Most messages per page. A page also ends after 16 MiB of messages, with `has_more`. Continue with `after` or `before`, or add the number of messages received to `offset`.',
  })
  @IsOptional()
  @IntegerParameter(1, 500)
  readonly limit: number = 50;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description: 'Messages to skip; none by default. Cannot be combined with `around`.',
  })
  @IsOptional()
  @IntegerParameter(0, Number.MAX_SAFE_INTEGER)
  readonly offset?: number;

  @ApiPropertyOptional({
    enum: ['asc', 'desc'],
    default: 'asc',
    description: 'asc: oldest first. desc: newest first.',
  })
  @IsOptional()
  @IsIn(['asc', 'desc'], { message: 'order must be asc or desc.' })
  readonly order: 'asc' | 'desc' = 'asc';

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description: 'Only messages newer than the one with this id, in either order.',
  })
  @IsOptional()
  @IntegerParameter(0, Number.MAX_SAFE_INTEGER)
  readonly after?: number;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description:
      'Only messages older than the one with this id, in either order. `order=desc` pages backwards.',
  })
  @IsOptional()
  @IntegerParameter(0, Number.MAX_SAFE_INTEGER)
  readonly before?: number;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description:
      'A message id: gives the page that contains the message, and its `position`. Cannot be combined with `offset`, `after`, `before` or `search`.',
  })
  @IsOptional()
  @IntegerParameter(0, Number.MAX_SAFE_INTEGER)
  readonly around?: number;

  @ApiPropertyOptional({
    description:
      'Only messages that match, each with its `position` in the transcript and a `snippet`; `total` counts them. The syntax is that of `search` in the list of sessions. Cannot be combined with `around`, `after` or `before`.',
    example: 'nginx',
  })
  @IsOptional()
  @SearchParameter()
  readonly search?: string;

  @ApiPropertyOptional({
    type: [String],
    description: 'Only these roles, repeated or separated by commas.',
    example: ['user', 'assistant'],
  })
  @IsOptional()
  @ListParameter(20, 50)
  readonly role?: readonly string[];

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description:
      'Also include messages that were rewound or replaced by compaction, each with `active: false`.',
  })
  @IsOptional()
  @BooleanParameter()
  readonly include_inactive: boolean = false;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'The whole compression chain as one transcript, each message with its `session_id`.',
  })
  @IsOptional()
  @BooleanParameter()
  readonly lineage: boolean = false;
}
