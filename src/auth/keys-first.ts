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
 * Looks at the key of a request, and at what it is good for, before anything else of it is read: its body may be no JSON, its query may be
 * wrong, and the answer is 401 or 403 all the same. It comes behind what counts addresses and what answers browsers' preflights.
 * @param pages paths that everybody may have, and everything below them, which no decorator can mark.
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
    // What nobody answers needs no reading.
    if (request.is404) throw nothingThere(request, reply);
    // Nor does what its key is not good for.
    if (!isPublic(request, settings)) requireScopeOf(request, await admission.admit(request, reply));
  });
}

/** Answers a request whose path cannot be read, so that no route and no hook is reached: its key comes first here as well. */
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
