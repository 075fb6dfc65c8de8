import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import findMyWay, { type HTTPMethod } from 'find-my-way';
import { ApiError } from './errors.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** The methods that a path supports. Set by {@link knowPaths}. */
    methodsOf: (url: string) => readonly string[];
  }
}

/**
 * Records the methods of each path in a router of the kind that Fastify uses internally and does not expose. Wildcard routes, such as a page's folder
 * or the proxy, are skipped. Must run before routes are added.
 */
export function knowPaths(fastify: FastifyInstance, maxParamLength: number): void {
  const router = findMyWay({ maxParamLength });
  const known = new Set<HTTPMethod>();
  fastify.addHook('onRoute', ({ method, url }: RouteOptions) => {
    if (url.includes('*')) return;
    for (const each of [method].flat() as HTTPMethod[]) {
      known.add(each);
      router.on(each, url, () => undefined);
    }
  });
  fastify.decorate('methodsOf', (url: string) =>
    [...known].filter((method) => router.find(method, url) !== null).sort(),
  );
}

/** Why no route matches a request. A path that is known with other methods gets an Allow header (RFC 9110, 15.5.6). */
export function nothingThere({ server, url }: FastifyRequest, reply: FastifyReply): ApiError {
  const methods = server.methodsOf(url);
  if (methods.length === 0) return new ApiError('route_not_found');
  const allowed = methods.join(', ');
  void reply.header('allow', allowed);
  return new ApiError('method_not_allowed', { message: `This path has other methods: ${allowed}.` });
}
