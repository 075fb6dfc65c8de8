import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Settings } from '../config/settings.js';
import { ApiError } from '../http/errors.js';
import { ApiKey, bearerToken } from './api-key.js';
import './principal.js';
import { PUBLIC_ROUTE } from './public.decorator.js';

/** Stands in front of every route: no valid key, no answer, unless the route is marked `@Public()`. */
@Injectable()
export class BearerGuard implements CanActivate {
  readonly #key: ApiKey;

  constructor(
    @Inject(Settings) settings: Settings,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {
    this.#key = new ApiKey(settings.API_SERVER_KEY);
  }

  /** @throws {ApiError} `invalid_api_key`, the same for a missing and a wrong key. */
  canActivate(context: ExecutionContext): boolean {
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC_ROUTE, [context.getHandler(), context.getClass()])) {
      return true;
    }
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const token = bearerToken(request.headers.authorization);
    if (token === undefined || !this.#key.matches(token)) throw new ApiError('invalid_api_key');
    request.principal = { name: 'api_server_key' };
    return true;
  }
}
