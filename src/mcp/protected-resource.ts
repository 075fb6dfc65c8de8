import type { FastifyInstance, FastifyRequest } from 'fastify';
import { SCOPES } from '../auth/scopes.js';
import type { Settings } from '../config/settings.js';

/** Where a resource says who gives tokens for it (RFC 9728, section 3). */
const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** Names of hosts with or without a port. Anything else would end the text in which it stands, and names no place to ask at. */
const HOST = /^[\w.:[\]-]+$/;

/**
 * Tells clients of `/mcp` at which issuer people sign in, as the protocol's chapter on authorization asks for: in a document of its own, and in the
 * challenge of each refusal.
 */
export function describeProtectedResource(fastify: FastifyInstance, settings: Settings): void {
  const path = `${settings.BASE_PATH}/mcp`;
  for (const url of [`${WELL_KNOWN}${path}`, WELL_KNOWN]) {
    fastify.get(url, { config: { isPublic: () => true } }, (request, reply) =>
      reply.header('access-control-allow-origin', '*').send({
        resource: `${originOf(request)}${path}`,
        resource_name: 'hermes-sessions',
        authorization_servers: [settings.OIDC_ISSUER],
        scopes_supported: scopesOf(settings),
        bearer_methods_supported: ['header'],
      }),
    );
  }
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    const challenge = reply.getHeader('www-authenticate');
    if (request.routeOptions.url === path && typeof challenge === 'string' && HOST.test(request.host)) {
      const document = `${originOf(request)}${WELL_KNOWN}${path}`;
      void reply.header('www-authenticate', `${challenge}, resource_metadata="${document}"`);
    }
    done();
  });
}

function originOf({ protocol, host }: FastifyRequest): string {
  return `${protocol}://${host}`;
}

/** What the issuer calls what it can grant: by the words of the map, where there is one. */
function scopesOf({ OIDC_SCOPE_MAP: map }: Settings): readonly string[] {
  if (map.length === 0) return SCOPES.filter((scope) => scope.startsWith('sessions:'));
  return [...new Set(map.map((pair) => pair.slice(0, pair.lastIndexOf('='))))];
}
