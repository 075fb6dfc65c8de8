import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { ErrorResponse } from './error.response.js';
import { ApiError, ERROR_CATALOGUE, type ErrorCode } from './errors.js';

/** Documents the errors an endpoint can answer, one example for each code. */
export function ApiErrors(...codes: readonly ErrorCode[]): MethodDecorator & ClassDecorator {
  const statuses = new Set(codes.map(statusOf));
  return applyDecorators(
    ...[...statuses].map((status) =>
      errorResponse(
        status,
        codes.filter((code) => statusOf(code) === status),
      ),
    ),
  );
}

function statusOf(code: ErrorCode): number {
  return ERROR_CATALOGUE[code].status;
}

function errorResponse(status: number, codes: readonly ErrorCode[]): MethodDecorator & ClassDecorator {
  return ApiResponse({
    status,
    description: codes.map((code) => `\`${code}\``).join(', '),
    type: ErrorResponse,
    examples: Object.fromEntries(
      codes.map((code) => [code, { summary: code, value: new ApiError(code).toEnvelope() }]),
    ),
  });
}
