import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiError } from '../http/errors.js';
import type { Principal } from './principal.js';

/** Gives a handler the principal that the guard recognised. */
export const Caller = createParamDecorator((_data: unknown, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<FastifyRequest>();
  // Unreachable: guarded routes always have a principal.
  if (principal === undefined) throw new ApiError('invalid_api_key');
  return principal;
});
