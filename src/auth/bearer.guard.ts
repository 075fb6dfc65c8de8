import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { Settings } from '../config/settings.js';
import { ApiError } from '../http/errors.js';
import { RequestLimits } from '../http/request-limits.js';
import { bearerToken } from './api-key.js';
import { Authenticator } from './authenticator.js';
import type { Principal } from './principal.js';
import { PUBLIC_ROUTE, type PublicRule } from './public.decorator.js';
import { REQUIRED_SCOPE, requireScope, type Scope } from './scopes.js';

/** Addresses that sent a valid key, and for how long that is remembered. */
const KNOWN_CALLERS = { max: 10_000, ttl: 3_600_000 } as const;

/**
 * Stands in front of every route: no valid key, no answer, unless the route is marked `@Public()`; nor where the key lacks the scope
 * that the route requires.
 */
@Injectable()
export class BearerGuard implements CanActivate {
  /** Addresses from which the key came lately. */
  readonly #callers = new LRUCache<string, true>(KNOWN_CALLERS);

  constructor(
    @Inject(Authenticator) private readonly authenticator: Authenticator,
    @Inject(Settings) private readonly settings: Settings,
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(RequestLimits) private readonly limits: RequestLimits,
  ) {}

  /**
   * @throws {ApiError} `invalid_api_key`, the same for a missing and a wrong key; `too_many_wrong_keys`,
   *   `rate_limited`, `insufficient_scope` and `identity_provider_unavailable`
   */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const route = [context.getHandler(), context.getClass()];
    const rule = this.reflector.getAllAndOverride<PublicRule | undefined>(PUBLIC_ROUTE, route);
    if (rule?.(this.settings) === true) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const principal = await this.#authenticate(request);
    request.principal = principal;
    await this.limits.countKey(request, http.getResponse<FastifyReply>());
    const scope = this.reflector.getAllAndOverride<Scope | undefined>(REQUIRED_SCOPE, route);
    if (scope !== undefined) requireScope(principal, scope);
    return true;
  }

  async #authenticate(request: FastifyRequest): Promise<Principal> {
    const token = bearerToken(request.headers.authorization);
    if (token === undefined) throw new ApiError('invalid_api_key');
    const principal = await this.authenticator.identify(token);
    await this.#refuseWhileLocked(request, principal !== undefined);
    if (principal === undefined) {
      await this.limits.countWrongKey(request);
      throw new ApiError('invalid_api_key');
    }
    this.#callers.set(request.ip, true);
    return principal;
  }

  /**
   * An address that tries keys learns nothing more, not even that one is right. Who has sent the right key
   * from there before is still let in, so that one stale client does not lock out all others behind a proxy.
   */
  async #refuseWhileLocked(request: FastifyRequest, isValid: boolean): Promise<void> {
    const retryAfter = await this.limits.secondsLocked(request);
    if (retryAfter > 0 && !(isValid && this.#callers.has(request.ip))) {
      throw new ApiError('too_many_wrong_keys', { retryAfter });
    }
  }
}
