import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { BooleanParameter } from '../../http/parameters.js';
import { SessionAddressQuery } from './session-address.query.js';

/** Query of `DELETE /v1/sessions/{session_id}`. */
export class DeleteSessionQuery extends SessionAddressQuery {
  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'Delete even while an agent is working in the session.',
  })
  @IsOptional()
  @BooleanParameter()
  readonly force: boolean = false;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'Delete the whole conversation, all sessions of its compression chain, in one transaction.',
  })
  @IsOptional()
  @BooleanParameter()
  readonly lineage: boolean = false;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description:
      'Keep it in the trash, from which it can be restored; 409 `trash_off` if this server has no trash.',
  })
  @IsOptional()
  @BooleanParameter()
  readonly trash?: boolean;
}
