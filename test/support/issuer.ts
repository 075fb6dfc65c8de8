import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, SignJWT, type JWK, type JWTPayload } from 'jose';

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

/** A stub of an OpenID Connect issuer: it publishes keys, and signs people in. */
export class Issuer {
  /** How often its keys were requested. */
  asked = 0;
  isDown = false;
  /** Path of its keys. */
  keysPath = '/keys';
  /** Whether sign-ins succeed. */
  signsIn = true;
  /** Scope, lifetime in seconds, and number of the issued tokens. */
  scope = 'sessions:read';
  lasting = 300;
  given = 0;
  readonly #challenges = new Map<string, string>();
  #key: { readonly id: string; readonly pair: KeyPair } | undefined;
  #published: JWK[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Issuer> {
    const server = createServer();
    const issuer = new Issuer(server);
    server.on('request', (request, response) => {
      void issuer.#answer(request, response);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    await issuer.rotate('first');
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Switches to a new key, which is published instead of the old one. */
  async rotate(id: string): Promise<void> {
    const pair = await generateKeyPair('RS256', { extractable: true });
    this.#key = { id, pair };
    this.#published = [{ ...(await exportJWK(pair.publicKey)), kid: id, alg: 'RS256', use: 'sig' }];
  }

  /** A token with these claims, and by default a valid issuer, audience and expiry. */
  async token(claims: JWTPayload = {}): Promise<string> {
    if (this.#key === undefined) throw new Error('The issuer has no key.');
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({
      iss: this.url,
      aud: 'hermes-sessions',
      sub: 'ana',
      iat: now,
      exp: now + 300,
      ...claims,
    })
      .setProtectedHeader({ alg: 'RS256', kid: this.#key.id })
      .sign(this.#key.pair.privateKey);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const address = new URL(request.url ?? '/', this.url);
    const json = (body: object, status = this.isDown ? 500 : 200): void => {
      response.writeHead(status, { 'content-type': 'application/json', 'access-control-allow-origin': '*' });
      response.end(JSON.stringify(body));
    };
    switch (address.pathname) {
      case '/.well-known/openid-configuration':
        json({
          issuer: this.url,
          jwks_uri: `${this.url}${this.keysPath}`,
          authorization_endpoint: `${this.url}/authorize`,
          token_endpoint: `${this.url}/token`,
        });
        return;
      case '/authorize':
        response.writeHead(302, { location: this.#authorize(address.searchParams) }).end();
        return;
      case '/token': {
        const body = await this.#tokensFor(new URLSearchParams(await text(request)));
        json(body ?? { error: 'invalid_grant' }, body === undefined ? 400 : 200);
        return;
      }
      case this.keysPath:
        this.asked++;
        json({ keys: this.#published });
        return;
      default:
        json({}, 404);
    }
  }

  /** Signs everybody with a challenge (RFC 7636) in at once. */
  #authorize(parameters: URLSearchParams): string {
    const back = new URL(parameters.get('redirect_uri') ?? '');
    back.searchParams.set('state', parameters.get('state') ?? '');
    if (parameters.get('code_challenge_method') === 'S256' && this.signsIn) {
      this.#challenges.set('the-code', parameters.get('code_challenge') ?? '');
      back.searchParams.set('code', 'the-code');
    } else {
      back.searchParams.set('error', 'access_denied');
    }
    return back.href;
  }

  async #tokensFor(parameters: URLSearchParams): Promise<object | undefined> {
    const code = parameters.get('code') ?? '';
    const verifier = createHash('sha256')
      .update(parameters.get('code_verifier') ?? '')
      .digest('base64url');
    const isCode = this.#challenges.get(code) === verifier;
    this.#challenges.delete(code);
    if (!isCode && parameters.get('refresh_token') !== 'the-refresh-token') return undefined;
    this.given++;
    return {
      access_token: await this.token({
        scope: this.scope,
        exp: Math.floor(Date.now() / 1000) + this.lasting,
      }),
      token_type: 'Bearer',
      expires_in: this.lasting,
      refresh_token: 'the-refresh-token',
    };
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }
}
