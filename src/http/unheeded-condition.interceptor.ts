import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/internal';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { ApiError } from './errors.js';

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses changes with a condition that the handler ignores. A resource without an entity tag matches no `If-Match`, so the change must not happen
 * (RFC 9110, section 13.1.1). No changing handler supports `If-None-Match`, which makes a creation conditional on absence.
 */
@Injectable()
export class UnheededConditionInterceptor implements NestInterceptor {
  /** @throws {ApiError} `precondition_failed` */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { method, headers } = context.switchToHttp().getRequest<FastifyRequest>();
    if (!SAFE_METHODS.has(method) && headers['if-match'] !== undefined && !heedsIfMatch(context)) {
      throw new ApiError('precondition_failed', {
        message: 'Nothing here has an entity tag that If-Match could name. Nothing was changed.',
      });
    }
    if (!SAFE_METHODS.has(method) && headers['if-none-match'] !== undefined) {
      throw new ApiError('precondition_failed', {
        message: 'If-None-Match is for reading. Nothing was changed.',
      });
    }
    return next.handle();
  }
}

/** Whether the handler has a parameter marked `@Headers('if-match')`, according to Nest's metadata. */
function heedsIfMatch(context: ExecutionContext): boolean {
  const parameters = Reflect.getMetadata(
    ROUTE_ARGS_METADATA,
    context.getClass(),
    context.getHandler().name,
  ) as Readonly<Record<string, { readonly data?: unknown }>> | undefined;
  return Object.entries(parameters ?? {}).some(
    ([mark, { data }]) => mark.startsWith(`${RouteParamtypes.HEADERS}:`) && data === 'if-match',
  );
}
