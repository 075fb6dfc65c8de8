import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { isAnswering } from './answer-end.js';
import { ApiError, type ErrorCode } from './errors.js';

/** Node's error codes for what it refuses before there is a request (https://nodejs.org/api/http.html#event-clienterror). */
const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/** The status already answered on connections that close afterwards, whatever else arrives on them. */
const ANSWERED = new WeakMap<Socket, number>();

/** The status answered on a connection before it was closed; undefined if none was. */
export function answeredByConnection(socket: Socket): number | undefined {
  return ANSWERED.get(socket);
}

/** Notes that a connection has its final answer, although the client is still sending. */
export function noteAnswer(socket: Socket, status: number): void {
  ANSWERED.set(socket, status);
}

/** Answers requests with an `Expect` header as if they had none (RFC 9110, 10.1.1). Node refuses all but `100-continue` with an empty answer. */
export function ignoreExpectations({ server }: FastifyInstance): void {
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}

/** Answers what cannot be read as HTTP. */
type ClientErrorHandler = (failure: Error & { readonly code?: string }, socket: Socket) => void;

/**
 * Answers unreadable HTTP with the error envelope and closes the connection. If no other request is under way on it, which has its own id and log
 * line, the failure gets an id and a log line itself.
 * @param origins origins whose pages may read answers. The request's own origin is unknown here.
 */
export function clientErrorHandler(
  logger: Pick<Logger, 'info'>,
  origins: readonly string[],
): ClientErrorHandler {
  const [origin] = origins.includes('*') ? ['*'] : origins.length === 1 ? origins : [];
  const ofPages =
    origin === undefined
      ? []
      : [`Access-Control-Allow-Origin: ${origin}`, 'Access-Control-Expose-Headers: X-Request-Id'];
  return (failure, socket) => {
    if (failure.code === 'ECONNRESET' || socket.destroyed) return;
    const error = new ApiError(CODES[failure.code ?? ''] ?? 'bad_request');
    if (socket.writable && !ANSWERED.has(socket)) {
      const id = isAnswering(socket) ? undefined : randomUUID();
      const { status, code } = error;
      // With this code the client has left before its request was complete.
      if (failure.code !== 'HPE_INVALID_EOF_STATE') {
        ANSWERED.set(socket, status);
        if (id !== undefined && socket.bytesRead > 0)
          logger.info({ request_id: id, status, code, remote_address: socket.remoteAddress }, 'unreadable');
      }
      socket.write(answerOf(error, [...ofPages, ...(id === undefined ? [] : [`X-Request-Id: ${id}`])]));
    }
    socket.destroy(failure);
  };
}

function answerOf(error: ApiError, headers: readonly string[]): string {
  const body = JSON.stringify(error.toEnvelope());
  return [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
    '',
    body,
  ].join('\r\n');
}

/** Refuses HTTP/1.1 requests without a Host header (RFC 9112, section 3.2), for which Node would send an empty answer. */
export function requireHost(fastify: FastifyInstance): void {
  fastify.addHook('preParsing', ({ raw }, _reply, _body, done) => {
    if (raw.httpVersion !== '1.1' || raw.headers.host !== undefined) done();
    else done(new ApiError('bad_request', { message: 'HTTP/1.1 needs the header Host.' }));
  });
}
