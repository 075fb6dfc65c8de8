import type { FastifyInstance } from 'fastify';
import { followRequests } from './request-end.js';

/**
 * Logs one line per request: the caller, the path, the status and the duration in milliseconds. If the connection was closed before the whole answer
 * was sent, the line says so, with the status that was sent, or 499 if none was. The query string is left out, since it contains search texts and
 * titles.
 */
export function logRequests(fastify: FastifyInstance): void {
  followRequests(fastify, (request) => {
    // Read now: a closed connection has no address.
    const { ip } = request;
    return ({ status, isClosed, milliseconds }) => {
      request.log.info(
        {
          method: request.method,
          // The path as requested: those of Hermes's dashboard are rewritten.
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
