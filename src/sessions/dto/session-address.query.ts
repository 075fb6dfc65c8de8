import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { TextParameter } from '../../http/parameters.js';

/** Query of every request that names one session. */
export class SessionAddressQuery {
  @ApiPropertyOptional({
    description: 'Profile that the session is in; needed only where several have one with this id.',
    example: 'default',
  })
  @IsOptional()
  @TextParameter(200)
  readonly profile?: string;

  @ApiPropertyOptional({
    description: 'Host that the session is of; needed only where several have one with this id.',
    example: 'build-01',
  })
  @IsOptional()
  @TextParameter(200)
  readonly origin?: string;
}
