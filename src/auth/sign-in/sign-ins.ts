import { hash, hkdfSync } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { Settings } from '../../config/settings.js';
import { Seal } from '../../domain/seal.js';
import { epochSeconds } from '../../domain/instant.js';
import { ApiError } from '../../http/errors.js';
import { LOGGER } from '../../logging/logger.js';
import { Authenticator, type KeyReference } from '../authenticator.js';
import { KeyFileError } from '../key-file-error.js';
import { principalOf, type Identity, type Principal } from '../principal.js';
import { isOfOwnPage } from './own-page.js';
import { cookieOf, settingCookie, type CookiePlace } from './sign-in-cookie.js';
import { SignInSecret } from './sign-in-secret.js';

/** Duration of a sign-in that should persist, in seconds. */
const STAYING = 30 * 86_400;

/** Maximum duration of any other sign-in, in seconds: browsers that restore their windows also restore session cookies. */
const PASSING = 12 * 3600;

/** The sealed content of a cookie. */
interface SealedSignIn {
  readonly key: KeyReference;
  /** Epoch seconds. */
  readonly until: number;
}

/** Derived from the secret and the server's own key: a change of either one ends all sign-ins. */
interface Keys extends CookiePlace {
  readonly seal: Seal;
}

/**
 * Browser sign-ins. The server stores none of them: a sealed cookie names a key and grants what that key grants at the time of the request. So the
 * cookie works on all servers with the same keys, and it ends with its key.
 */
@Injectable()
export class SignIns {
  readonly #secret: SignInSecret;

  constructor(
    private readonly settings: Settings,
    private readonly authenticator: Authenticator,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.#secret = new SignInSecret(settings.KEYS_FILE);
  }

  /**
   * Signs in the browser that sent a request.
   * @returns the end of the sign-in, in epoch seconds.
   * @throws {ApiError} `sign_in_unavailable`
   */
  begin(key: KeyReference, stays: boolean, request: FastifyRequest, reply: FastifyReply): number {
    const keys = this.#keysFor(() => this.#secret.readOrMake());
    if (keys === undefined) throw new ApiError('sign_in_unavailable');
    const seconds = stays ? STAYING : PASSING;
    const until = Math.floor(epochSeconds()) + seconds;
    const value = keys.seal.close(Buffer.from(JSON.stringify({ key, until } satisfies SealedSignIn)));
    void reply.header('set-cookie', settingCookie(request, keys, value, stays ? seconds : undefined));
    return until;
  }

  /** Signs out the browser that sent a request. */
  end(request: FastifyRequest, reply: FastifyReply): void {
    const keys = this.#keysFor(() => this.#secret.read());
    if (keys !== undefined) void reply.header('set-cookie', settingCookie(request, keys, '', 0));
  }

  /** The signed-in principal, if a page of this server sent the request; undefined otherwise. */
  async identify(request: FastifyRequest): Promise<Principal | undefined> {
    if (!isOfOwnPage(request)) return undefined;
    const keys = this.#keysFor(() => this.#secret.read());
    const value = keys === undefined ? undefined : cookieOf(request, keys);
    if (value === undefined) return undefined;
    const identity = await this.#open(value);
    return identity && principalOf(identity, () => this.#open(value));
  }

  async #open(value: string): Promise<Identity | undefined> {
    const content = this.#keysFor(() => this.#secret.read())?.seal.open(value);
    if (content === undefined) return undefined;
    // The seal guarantees the content's shape.
    const { key, until } = JSON.parse(content.toString()) as SealedSignIn;
    return until > epochSeconds() ? this.authenticator.holderOf(key) : undefined;
  }

  /** @returns undefined if there is no secret, or it cannot be trusted. */
  #keysFor(readSecret: () => Buffer | undefined): Keys | undefined {
    try {
      const secret = readSecret();
      return secret === undefined ? undefined : keysOf(secret, this.settings);
    } catch (error) {
      const reason = error instanceof KeyFileError ? error.message : undefined;
      this.logger.error({ reason, err: reason === undefined ? error : undefined }, 'nobody can sign in here');
      return undefined;
    }
  }
}

function keysOf(secret: Buffer, { API_SERVER_KEY: key, BASE_PATH: basePath }: Settings): Keys {
  const derive = (purpose: string, bytes: number): Buffer =>
    Buffer.from(
      hkdfSync('sha256', secret, hash('sha256', key, 'buffer'), `hermes-sessions ${purpose}`, bytes),
    );
  return { seal: new Seal(derive('sign-in', 32)), server: derive('cookie', 4).toString('hex'), basePath };
}
