import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { ApiErrorsAs, guardedErrors } from '../../http/api-errors.decorator.js';
import { ErrorBody } from '../../http/error.response.js';
import type { ErrorCode } from '../../http/errors.js';

/** An error as described by Hermes's API server. */
class ApiServerErrorBody extends OmitType(ErrorBody, ['param'] as const) {
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'The parameter or field at fault; absent for a refused key.',
  })
  readonly param?: string | null;
}

/** The body of an error of Hermes's API server. */
class ApiServerErrorResponse {
  @ApiProperty({ type: ApiServerErrorBody })
  readonly error!: ApiServerErrorBody;
}

/** Documents the errors of an endpoint of Hermes's API server: the given ones, and those common to all such endpoints. */
export function ApiServerErrors(...codes: readonly ErrorCode[]): MethodDecorator & ClassDecorator {
  const own = guardedErrors(...codes).map((code) =>
    code === 'invalid_api_key' ? 'gateway_auth_failed' : code,
  );
  return ApiErrorsAs(ApiServerErrorResponse, ...own);
}
