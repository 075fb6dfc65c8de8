import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { IntegerParameter, TextParameter } from '../../http/parameters.js';
import { TrashAddressQuery } from './trash-address.query.js';

/** Query parameters of `GET /v1/trash`. */
export class TrashListQuery extends TrashAddressQuery {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 200,
    default: 50,
    description: 'Entries per page.',
  })
  @IsOptional()
  @IntegerParameter(1, 200)
  readonly limit: number = 50;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, default: 0, description: 'Entries to skip.' })
  @IsOptional()
  @IntegerParameter(0, Number.MAX_SAFE_INTEGER)
  readonly offset: number = 0;

  @ApiPropertyOptional({
    description: 'Part of the title or of the preview.',
    example: 'kubernetes',
  })
  @IsOptional()
  @TextParameter(200)
  readonly search?: string;
}
