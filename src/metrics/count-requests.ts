import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Metrics } from './metrics.js';

/** Counts every answer by its route. */
export function countRequests(fastify: FastifyInstance, metrics: Metrics): void {
  fastify.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    // A stream of events ends when its listener leaves, which says nothing about how fast it was answered.
    const isStream = String(reply.getHeader('content-type')).startsWith('text/event-stream');
    if (isStream) {
      done();
      return;
    }
    metrics.answered({
      method: request.method,
      // What no route knows has paths without number.
      route: request.is404 ? 'none' : (request.routeOptions.url ?? 'none'),
      status: reply.statusCode,
      seconds: reply.elapsedTime / 1000,
    });
    done();
  });
}
