import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { TextParameter } from '../../http/parameters.js';

/** Query parameters of every request to the trash. */
export class TrashAddressQuery {
  @ApiPropertyOptional({ description: 'Only this profile; all by default.', example: 'default' })
  @IsOptional()
  @TextParameter(200)
  readonly profile?: string;
}
