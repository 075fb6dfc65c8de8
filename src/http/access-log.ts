import type { FastifyInstance } from 'fastify';
import { followRequests } from './request-end.js';

/**
 * Logs one line for each request: who asked for which path, what was answered, and how long it took in milliseconds. Where the connection
 * was closed before all of the answer was sent, the line says so, with the status that was sent, or 499 where none was.
 * The query string is left out, since it holds what people search for and the titles they gave.
 */
export function logRequests(fastify: FastifyInstance): void {
  followRequests(fastify, (request) => {
    // A connection that is closed has no address any more.
    const { ip } = request;
    return ({ status, isClosed, milliseconds }) => {
      request.log.info(
        {
          method: request.method,
          // An app of Hermes's dashboard asks by another path than the one that answers it.
          path: request.originalUrl.split('?', 1)[0],
          status,
          duration_ms: Math.round(milliseconds * 100) / 100,
          principal: request.principal?.name ?? null,
          remote_address: ip,
          ...(isClosed ? { closed: true } : {}),
        },
        'request',
      );
    };
  });
}
