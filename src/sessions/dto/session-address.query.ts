import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { TextParameter } from '../../http/parameters.js';

/** Query parameters of every request that names one session. */
export class SessionAddressQuery {
  @ApiPropertyOptional({
    description: 'Profile of the session; needed only if several profiles have a session with this id.',
    example: 'default',
  })
  @IsOptional()
  @TextParameter(200)
  readonly profile?: string;

  @ApiPropertyOptional({
    description: 'Host of the session; needed only if several hosts have a session with this id.',
    example: 'build-01',
  })
  @IsOptional()
  @TextParameter(200)
  readonly origin?: string;
}
