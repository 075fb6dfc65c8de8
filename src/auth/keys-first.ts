import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Settings } from '../config/settings.js';
import { sendError } from '../http/error.filter.js';
import { ApiError } from '../http/errors.js';
import { nothingThere } from '../http/known-paths.js';
import type { Admission } from './admission.js';
import { isPublic } from './public.decorator.js';
import { requireScopeOf } from './scopes.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** Set by {@link lookAtKeysFirst}. */
    admission?: Admission;
  }
}

/**
 * Checks the key of a request and its scope before anything else of the request is read: even with an invalid body or query the answer is then 401 or
 * 403. Runs after the hooks that count addresses and answer CORS preflights.
 * @param pages public paths, with everything below them, whose routes no decorator can mark.
 */
export function lookAtKeysFirst(
  fastify: FastifyInstance,
  settings: Settings,
  admission: Admission,
  pages: readonly string[],
): void {
  fastify.decorate('admission', admission);
  fastify.addHook('onRoute', (route) => {
    if (pages.some((page) => route.url === page || route.url.startsWith(`${page}/`)))
      route.config = { ...route.config, isPublic: () => true };
  });
  fastify.addHook('preParsing', async (request, reply) => {
    // A request that matches no route need not be read.
    if (request.is404) throw nothingThere(request, reply);
    // Nor a request that its key does not allow.
    if (!isPublic(request, settings)) requireScopeOf(request, await admission.admit(request, reply));
  });
}

/** Answers a request with an unreadable path, which reaches no route and no hook. Its key is checked first here too. */
export async function refuseUnreadable(
  failure: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  try {
    await request.server.admission?.admitUncounted(request, reply);
    void sendError(new ApiError('bad_request', { cause: failure }), request, reply);
  } catch (refusal) {
    void sendError(refusal, request, reply);
  }
}
