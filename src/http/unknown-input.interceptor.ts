import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/internal';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { isRecord } from '../text/json.js';
import { ApiError } from './errors.js';
import { AddRoutesConfig } from './route-config.decorator.js';
import { unknownParameter } from './validation.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** See {@link ReadsBodyItself}. */
    readsBodyItself?: true;
  }
}

/** Marks a controller that reads the bodies of its requests itself, without `@Body()`. */
export function ReadsBodyItself(): ClassDecorator {
  return AddRoutesConfig({ readsBodyItself: true });
}

/**
 * Refuses query parameters and body fields on endpoints that take none. Other endpoints check theirs by the class of their query or body. An empty
 * object counts as no body: many clients send one with every request.
 */
@Injectable()
export class UnknownInputInterceptor implements NestInterceptor {
  /** @throws {ApiError} `unknown_parameter`; `invalid_body` if a body that nothing takes is not a JSON object */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { query, body, routeOptions } = context.switchToHttp().getRequest<FastifyRequest>();
    const marks = marksOf(context);
    if (!marks.has(RouteParamtypes.QUERY)) requireEmpty(query as object);
    const takesBody = marks.has(RouteParamtypes.BODY) || routeOptions.config.readsBodyItself === true;
    if (!takesBody && body !== undefined) {
      if (!isRecord(body)) throw new ApiError('invalid_body');
      requireEmpty(body);
    }
    return next.handle();
  }
}

function requireEmpty(input: object): void {
  const [name] = Object.keys(input);
  if (name !== undefined) throw unknownParameter(name);
}

/** How the parameters of a handler are marked (`@Query()`, `@Body()`), according to Nest's metadata. */
function marksOf(context: ExecutionContext): ReadonlySet<number> {
  const parameters: unknown = Reflect.getMetadata(
    ROUTE_ARGS_METADATA,
    context.getClass(),
    context.getHandler().name,
  );
  const keys = typeof parameters === 'object' && parameters !== null ? Object.keys(parameters) : [];
  return new Set(keys.map((key) => Number(key.split(':')[0])));
}
