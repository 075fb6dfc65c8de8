import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { formatInstant } from '../../domain/instant.js';
import { ApiError } from '../../http/errors.js';
import { RequestLimits } from '../../http/request-limits.js';
import { bearerToken } from '../api-key.js';
import { Authenticator, OWNER_KEY, type KeyReference } from '../authenticator.js';
import { requireOwnPage } from './own-page.js';
import { SignInLinks } from './sign-in-links.js';
import { SignIns } from './sign-ins.js';
import type { SignInResponse } from './sign-in.response.js';

/** Signs browsers in and out. */
@Injectable()
export class SignInService {
  constructor(
    private readonly signIns: SignIns,
    private readonly links: SignInLinks,
    private readonly authenticator: Authenticator,
    private readonly limits: RequestLimits,
  ) {}

  /** @throws {ApiError} `sign_in_needs_key` if the request did not come with a key; `foreign_page`; see {@link SignIns.begin} */
  async withKey(stays: boolean, request: FastifyRequest, reply: FastifyReply): Promise<SignInResponse> {
    requireOwnPage(request);
    const token = bearerToken(request.headers.authorization);
    const key = token === undefined ? undefined : await this.authenticator.keyOf(token);
    if (key === undefined) throw new ApiError('sign_in_needs_key');
    return this.#begin(key, stays, request, reply);
  }

  /**
   * Signs in with a printed link, which is used up.
   * @throws {ApiError} `invalid_api_key`; `too_many_wrong_keys`, since guessed codes count like guessed keys; `foreign_page`; see
   *   {@link SignIns.begin}
   */
  async withLink(code: string, request: FastifyRequest, reply: FastifyReply): Promise<SignInResponse> {
    requireOwnPage(request);
    const retryAfter = await this.limits.secondsLocked(request);
    if (retryAfter > 0) throw new ApiError('too_many_wrong_keys', { retryAfter });
    if (!this.links.redeem(code)) {
      await this.limits.countWrongKey(request);
      throw new ApiError('invalid_api_key', { message: 'This link has been used, or is too old.' });
    }
    return this.#begin(OWNER_KEY, false, request, reply);
  }

  /** @throws {ApiError} `foreign_page` */
  end(request: FastifyRequest, reply: FastifyReply): SignInResponse {
    requireOwnPage(request);
    this.signIns.end(request, reply);
    return { object: 'hermes.sign_in', signed_in: false, ends_at: null };
  }

  #begin(key: KeyReference, stays: boolean, request: FastifyRequest, reply: FastifyReply): SignInResponse {
    const until = this.signIns.begin(key, stays, request, reply);
    return { object: 'hermes.sign_in', signed_in: true, ends_at: formatInstant(until) };
  }
}
