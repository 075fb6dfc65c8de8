import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/internal';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { unknownParameter } from './validation.js';

/** Refuses query parameters on endpoints that take none. Other endpoints check theirs by the class of their query. */
@Injectable()
export class UnknownQueryInterceptor implements NestInterceptor {
  /** @throws {ApiError} `unknown_parameter` */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { query } = context.switchToHttp().getRequest<FastifyRequest>();
    const [name] = Object.keys(query as object);
    if (name !== undefined && !takesQuery(context)) throw unknownParameter(name);
    return next.handle();
  }
}

/** Whether the handler has a parameter marked `@Query()`, according to Nest's metadata. */
function takesQuery(context: ExecutionContext): boolean {
  const parameters: unknown = Reflect.getMetadata(
    ROUTE_ARGS_METADATA,
    context.getClass(),
    context.getHandler().name,
  );
  const marks = typeof parameters === 'object' && parameters !== null ? Object.keys(parameters) : [];
  return marks.some((mark) => mark.startsWith(`${RouteParamtypes.QUERY}:`));
}
