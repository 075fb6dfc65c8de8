import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type JWK, type JWTPayload } from 'jose';

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

/** An OpenID Connect issuer that answers for its keys, as far as a resource server asks. */
export class Issuer {
  /** How often its keys were asked for. */
  asked = 0;
  isDown = false;
  #key: { readonly id: string; readonly pair: KeyPair } | undefined;
  #published: JWK[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Issuer> {
    const server = createServer();
    const issuer = new Issuer(server);
    server.on('request', (request, response) => {
      const isDiscovery = request.url === '/.well-known/openid-configuration';
      if (!isDiscovery) issuer.asked++;
      response.statusCode = issuer.isDown ? 500 : 200;
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify(
          isDiscovery ? { issuer: issuer.url, jwks_uri: `${issuer.url}/keys` } : { keys: issuer.#published },
        ),
      );
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    await issuer.rotate('first');
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Signs with a new key from now on, and publishes it instead of the old one. */
  async rotate(id: string): Promise<void> {
    const pair = await generateKeyPair('RS256', { extractable: true });
    this.#key = { id, pair };
    this.#published = [{ ...(await exportJWK(pair.publicKey)), kid: id, alg: 'RS256', use: 'sig' }];
  }

  /** A token with these claims beside a valid issuer, audience and end. */
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

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }
}
