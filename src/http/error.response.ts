import { ApiProperty } from '@nestjs/swagger';
import { ERROR_CATALOGUE, type ErrorCode, type ErrorEnvelope, type ErrorType } from './errors.js';

const TYPES: readonly ErrorType[] = [
  'invalid_request_error',
  'authentication_error',
  'gateway_auth_error',
  'permission_error',
  'not_found_error',
  'conflict_error',
  'rate_limit_error',
  'server_error',
  'service_unavailable',
];

/** An error, in the format that OpenAI-compatible clients parse. */
export class ErrorBody {
  @ApiProperty({ description: 'What is wrong and what is allowed, for people.' })
  readonly message!: string;

  @ApiProperty({ enum: TYPES })
  readonly type!: ErrorType;

  @ApiProperty({ type: String, nullable: true, description: 'The parameter or field at fault.' })
  readonly param!: string | null;

  @ApiProperty({ enum: Object.keys(ERROR_CATALOGUE), description: 'A stable code to branch on.' })
  readonly code!: ErrorCode;
}

/** The body of every error. */
export class ErrorResponse implements ErrorEnvelope {
  @ApiProperty({ type: ErrorBody })
  readonly error!: ErrorBody;
}
