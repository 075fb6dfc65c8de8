import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { ApiError } from './errors.js';

/**
 * Checks every query and body against its class. Unknown parameters and fields are refused: a typo in a
 * filter must not return everything.
 */
export function requestValidation(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    stopAtFirstError: true,
    exceptionFactory: (errors) => validationFailure(errors),
  });
}

function validationFailure(errors: readonly ValidationError[]): ApiError {
  const [first] = errors;
  if (first === undefined) return new ApiError('bad_request');
  const constraints = first.constraints ?? {};
  if ('whitelistValidation' in constraints) {
    return new ApiError('unknown_parameter', {
      param: first.property,
      message: `${first.property} is not known here. Check its spelling.`,
    });
  }
  return new ApiError('invalid_parameter', {
    param: first.property,
    message: Object.values(constraints)[0] ?? `${first.property} is not allowed.`,
  });
}
