import type { FastifyInstance, FastifyRequest } from 'fastify';
import { SCOPES } from '../auth/scopes.js';
import type { Settings } from '../config/settings.js';

/** Path of the document that names a resource's authorization servers (RFC 9728, section 3). */
const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** Host names with or without a port. Other characters could break out of the challenge's quoted text, and are not a usable host. */
const HOST = /^[\w.:[\]-]+$/;

/**
 * Tells clients of `/mcp` at which issuer people sign in, as the protocol's chapter on authorization requires: in a well-known document, and in the
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

/** The grantable scopes in the issuer's terms: those of the scope map, if there is one. */
function scopesOf({ OIDC_SCOPE_MAP: map }: Settings): readonly string[] {
  if (map.length === 0) return SCOPES.filter((scope) => scope.startsWith('sessions:'));
  return [...new Set(map.map((pair) => pair.slice(0, pair.lastIndexOf('='))))];
}
