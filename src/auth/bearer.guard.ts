import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Settings } from '../config/settings.js';
import { ApiError } from '../http/errors.js';
import { isPublic } from './public.decorator.js';
import { requireScopeOf } from './scopes.js';

/**
 * Guards every handler. Without a recognised key, or without the scope that the route requires, none is reached, unless its route is marked
 * `@Public()`.
 */
@Injectable()
export class BearerGuard implements CanActivate {
  constructor(private readonly settings: Settings) {}

  /** @throws {ApiError} `invalid_api_key`, `insufficient_scope` */
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (isPublic(request, this.settings)) return true;
    const { principal } = request;
    if (principal === undefined) throw new ApiError('invalid_api_key');
    requireScopeOf(request, principal);
    return true;
  }
}
