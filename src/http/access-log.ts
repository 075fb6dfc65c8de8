import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ERROR_CATALOGUE } from './errors.js';
import { onRequestEnd } from './request-end.js';

/**
 * Logs one line for each request: who asked for which path, what was answered, and how long it took in milliseconds. Where the connection
 * was closed before all of the answer was sent, the line says so, with the status that was sent, or 499 where none was.
 * The query string is left out, since it holds what people search for and the titles they gave.
 */
export function logRequests(fastify: FastifyInstance): void {
  // A connection that is closed has no address any more.
  const addresses = new WeakMap<FastifyRequest, string>();
  fastify.addHook('onRequest', (request, _reply, done) => {
    addresses.set(request, request.ip);
    done();
  });
  onRequestEnd(fastify, (request, reply, isClosed) => {
    request.log.info(
      {
        method: request.method,
        path: request.url.split('?', 1)[0],
        status: statusOf(reply, isClosed),
        duration_ms: Math.round(reply.elapsedTime * 100) / 100,
        principal: request.principal?.name ?? null,
        remote_address: addresses.get(request) ?? null,
        ...(isClosed ? { closed: true } : {}),
      },
      'request',
    );
  });
}

function statusOf({ raw, statusCode }: FastifyReply, isClosed: boolean): number {
  // An answer that waited behind others may have been written, though nothing of it was sent.
  const isBegun = raw.headersSent && raw.socket !== null;
  return isClosed && !isBegun ? ERROR_CATALOGUE.client_closed_request.status : statusCode;
}
