import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/**
 * Logs one line for each answer: who asked for which path, and how long it took in milliseconds.
 * The query string is left out, since it holds what people search for and the titles they gave.
 */
export function logRequests(fastify: FastifyInstance): void {
  fastify.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    request.log.info(
      {
        method: request.method,
        path: request.url.split('?', 1)[0],
        status: reply.statusCode,
        duration_ms: Math.round(reply.elapsedTime * 100) / 100,
        principal: request.principal?.name ?? null,
        remote_address: request.ip,
      },
      'request',
    );
    done();
  });
}
