import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { Settings } from '../config/settings.js';
import { ApiError } from '../http/errors.js';
import { RequestLimits } from '../http/request-limits.js';
import { ApiKey, bearerToken } from './api-key.js';
import './principal.js';
import { PUBLIC_ROUTE } from './public.decorator.js';

/** Addresses that sent a valid key, and for how long that is remembered. */
const KNOWN_CALLERS = { max: 10_000, ttl: 3_600_000 } as const;

/** Stands in front of every route: no valid key, no answer, unless the route is marked `@Public()`. */
@Injectable()
export class BearerGuard implements CanActivate {
  readonly #key: ApiKey;
  /** Addresses from which the key came lately. */
  readonly #callers = new LRUCache<string, true>(KNOWN_CALLERS);

  constructor(
    @Inject(Settings) settings: Settings,
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(RequestLimits) private readonly limits: RequestLimits,
  ) {
    this.#key = new ApiKey(settings.API_SERVER_KEY);
  }

  /**
   * @throws {ApiError} `invalid_api_key`, the same for a missing and a wrong key; `too_many_wrong_keys` and
   *   `rate_limited`
   */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC_ROUTE, [context.getHandler(), context.getClass()])) {
      return true;
    }
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    await this.#authenticate(request);
    request.principal = { name: 'api_server_key' };
    await this.limits.countKey(request, http.getResponse<FastifyReply>());
    return true;
  }

  async #authenticate(request: FastifyRequest): Promise<void> {
    const token = bearerToken(request.headers.authorization);
    if (token === undefined) throw new ApiError('invalid_api_key');
    const isValid = this.#key.matches(token);
    await this.#refuseWhileLocked(request, isValid);
    if (!isValid) {
      await this.limits.countWrongKey(request);
      throw new ApiError('invalid_api_key');
    }
    this.#callers.set(request.ip, true);
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
