import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { ListPage } from '../../http/list-page.js';
import { SessionResponse } from './session.response.js';

/** The entries that the rules of the list hide. */
export class HiddenSessionsResponse {
  @ApiProperty({ type: 'integer', description: 'Entries left out because they are archived.', example: 3 })
  readonly archived!: number;

  @ApiProperty({
    type: 'integer',
    description: 'Session rows left out because they are children: delegates and the older parts of chains.',
    example: 11,
  })
  readonly children!: number;
}

/** One page of conversations. */
export class SessionListResponse implements ListPage<SessionResponse> {
  @ApiProperty({ enum: ['list'], example: 'list' })
  readonly object!: 'list';

  @ApiProperty({ type: [SessionResponse] })
  readonly data!: readonly SessionResponse[];

  @ApiProperty({ type: 'integer', description: 'Entries on all pages of this query.', example: 42 })
  readonly total!: number;

  @ApiPropertyOptional({
    description: 'true if `total` and `hidden` are estimates, which only `total=about` allows.',
    example: true,
  })
  readonly total_is_about?: true;

  @ApiProperty({ example: true })
  readonly has_more!: boolean;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Send it as `after` for the next page; null on the last page.',
    example: 'WyItbGFzdF9hY3RpdmVfYXQiLDE3Nzc2NDk3MjcsMTc3NzY0NTgxMiwiMjAyNjA1MDFfMTQzMDEyX2ExYjJjM2Q0Il0',
  })
  readonly next_cursor!: string | null;

  @ApiProperty({ type: HiddenSessionsResponse })
  readonly hidden!: HiddenSessionsResponse;

  @ApiPropertyOptional({
    description: 'true if hits may be missing, for example while a search index is being rebuilt.',
    example: true,
  })
  readonly search_incomplete?: true;

  @ApiPropertyOptional({
    type: [String],
    description: 'Profiles left out because their history cannot be read at the moment.',
    example: ['work'],
  })
  readonly unavailable_profiles?: readonly string[];
}
