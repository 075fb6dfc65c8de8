import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { ApiError } from '../http/errors.js';
import { ConnectionLimits } from '../http/connection-limits.js';
import { RequestLimits } from '../http/request-limits.js';
import { bearerToken } from './api-key.js';
import { Authenticator } from './authenticator.js';
import type { Principal } from './principal.js';
import { sessionToken } from './session-token.js';
import { saysPage } from './sign-in/own-page.js';
import { SignIns } from './sign-in/sign-ins.js';

/** How many addresses that sent a valid key are remembered, and for how long, in milliseconds. */
const KNOWN_CALLERS = { max: 10_000, ttl: 3_600_000 } as const;

/** Admits requests with a valid key, within the request limits. */
@Injectable()
export class Admission {
  /** Addresses that recently sent a valid key. */
  readonly #callers = new LRUCache<string, true>(KNOWN_CALLERS);

  constructor(
    private readonly authenticator: Authenticator,
    private readonly signIns: SignIns,
    private readonly limits: RequestLimits,
    private readonly connections: ConnectionLimits,
  ) {}

  /**
   * Authenticates a request and counts it.
   * @throws {ApiError} `invalid_api_key`, the same for a missing and a wrong key; `too_many_wrong_keys`, `rate_limited`, `overloaded` and
   *   `identity_provider_unavailable`
   */
  async admit(request: FastifyRequest, reply: FastifyReply): Promise<Principal> {
    const principal = { ...(await this.#authenticate(request)), requestId: request.id };
    request.principal = principal;
    await this.limits.countKey(request, reply);
    this.connections.countKey(request, reply);
    return principal;
  }

  /**
   * The same for a request that reached no hook, so that its address has not been counted yet.
   * @throws {ApiError} as {@link admit}
   */
  async admitUncounted(request: FastifyRequest, reply: FastifyReply): Promise<Principal> {
    await this.limits.countAddress(request, reply);
    return this.admit(request, reply);
  }

  async #authenticate(request: FastifyRequest): Promise<Principal> {
    const tokens = tokensOf(request);
    if (tokens.length === 0) return this.#signedIn(request);
    const principal = await this.#identify(tokens);
    await this.#refuseWhileLocked(request, principal !== undefined);
    if (principal === undefined) {
      await this.limits.countWrongKey(request);
      throw new ApiError('invalid_api_key');
    }
    this.#callers.set(request.ip, true);
    return principal;
  }

  async #identify(tokens: readonly string[]): Promise<Principal | undefined> {
    for (const token of tokens) {
      const principal = await this.authenticator.identify(token);
      if (principal !== undefined) return principal;
    }
    return undefined;
  }

  /** The principal of the browser's sign-in. An expired cookie does not count as a guessed key. */
  async #signedIn(request: FastifyRequest): Promise<Principal> {
    const principal = await this.signIns.identify(request);
    if (principal === undefined) throw new ApiError('invalid_api_key');
    await this.#refuseWhileLocked(request, true);
    this.#callers.set(request.ip, true);
    return principal;
  }

  /**
   * Refuses an address that tries keys, even with a valid key, so that it cannot learn that the key is right. An address that sent a valid key before
   * is still admitted with one, so that one stale client does not lock out all others behind the same proxy.
   */
  async #refuseWhileLocked(request: FastifyRequest, isValid: boolean): Promise<void> {
    const retryAfter = await this.limits.secondsLocked(request);
    if (retryAfter > 0 && !(isValid && this.#callers.has(request.ip))) {
      throw new ApiError('too_many_wrong_keys', { retryAfter });
    }
  }
}

/**
 * The keys or tokens in a request: as in Hermes, any valid one of the two is enough. For pages of this server, cookies of other programs on the same
 * host are ignored.
 */
function tokensOf(request: FastifyRequest): readonly string[] {
  const own = saysPage(request) ? undefined : sessionToken(request);
  return [own, bearerToken(request.headers.authorization)].filter((token) => token !== undefined);
}
