import { ApiProperty } from '@nestjs/swagger';
import { SessionDetailResponse } from './session-detail.response.js';

/** The sessions of one conversation. */
export class SessionChainResponse {
  @ApiProperty({ enum: ['list'], example: 'list' })
  readonly object!: 'list';

  @ApiProperty({
    type: [SessionDetailResponse],
    description: 'Each in the form of `GET /v1/sessions/{session_id}`, oldest first.',
  })
  readonly data!: readonly SessionDetailResponse[];
}
