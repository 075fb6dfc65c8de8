import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Settings } from '../config/settings.js';
import { ApiError } from '../http/errors.js';
import { isPublic } from './public.decorator.js';
import { REQUIRED_SCOPE, requireScope, type Scope } from './scopes.js';

/**
 * Stands in front of every handler: none is reached without a key that was recognised when the request came in, unless its route is
 * marked `@Public()`; nor where the key lacks the scope that the route requires.
 */
@Injectable()
export class BearerGuard implements CanActivate {
  constructor(
    @Inject(Settings) private readonly settings: Settings,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  /** @throws {ApiError} `invalid_api_key`, `insufficient_scope` */
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (isPublic(request, this.settings)) return true;
    const { principal } = request;
    if (principal === undefined) throw new ApiError('invalid_api_key');
    const scope = this.reflector.getAllAndOverride<Scope | undefined>(REQUIRED_SCOPE, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (scope !== undefined) requireScope(principal, scope);
    return true;
  }
}
