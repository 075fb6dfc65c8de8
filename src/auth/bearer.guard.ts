import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Settings } from '../config/settings.js';
import { Admission } from './admission.js';
import { PUBLIC_ROUTE, type PublicRule } from './public.decorator.js';
import { REQUIRED_SCOPE, requireScope, type Scope } from './scopes.js';

/**
 * Stands in front of every route: no valid key, no answer, unless the route is marked `@Public()`; nor where the key lacks the scope
 * that the route requires.
 */
@Injectable()
export class BearerGuard implements CanActivate {
  constructor(
    @Inject(Admission) private readonly admission: Admission,
    @Inject(Settings) private readonly settings: Settings,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  /** @throws {ApiError} what {@link Admission.admit} throws, and `insufficient_scope` */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const route = [context.getHandler(), context.getClass()];
    const rule = this.reflector.getAllAndOverride<PublicRule | undefined>(PUBLIC_ROUTE, route);
    if (rule?.(this.settings) === true) return true;
    const http = context.switchToHttp();
    const principal = await this.admission.admit(
      http.getRequest<FastifyRequest>(),
      http.getResponse<FastifyReply>(),
    );
    const scope = this.reflector.getAllAndOverride<Scope | undefined>(REQUIRED_SCOPE, route);
    if (scope !== undefined) requireScope(principal, scope);
    return true;
  }
}
