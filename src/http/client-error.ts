import type { Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { ApiError, type ErrorCode } from './errors.js';

/** Node's codes for what it refuses before there is a request (https://nodejs.org/api/http.html#event-clienterror). */
const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/** What was answered on connections that end with it, whatever still comes on them. */
const ANSWERED = new WeakMap<Socket, number>();

/** The status that was answered on a connection before it was closed because something that came on it could not be read; undefined where nothing was. */
export function answeredByConnection(socket: Socket): number | undefined {
  return ANSWERED.get(socket);
}

/** Notes that a connection has its answer, though what comes on it has not ended. */
export function noteAnswer(socket: Socket, status: number): void {
  ANSWERED.set(socket, status);
}

/** Has requests answered as if they expected nothing (RFC 9110, 10.1.1): Node refuses all but `100-continue` without a word. */
export function ignoreExpectations({ server }: FastifyInstance): void {
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}

/** Answers what cannot be read as HTTP with the error envelope, and closes the connection. */
export function answerClientError(failure: Error & { readonly code?: string }, socket: Socket): void {
  if (failure.code === 'ECONNRESET' || socket.destroyed) return;
  const error = new ApiError(CODES[failure.code ?? ''] ?? 'bad_request');
  const body = JSON.stringify(error.toEnvelope());
  if (socket.writable && !ANSWERED.has(socket)) {
    // Whoever ended a request before it was whole has left.
    if (failure.code !== 'HPE_INVALID_EOF_STATE') ANSWERED.set(socket, error.status);
    socket.write(
      [
        `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ''}`,
        'Connection: close',
        'Content-Type: application/json; charset=utf-8',
        `Content-Length: ${Buffer.byteLength(body)}`,
        '',
        body,
      ].join('\r\n'),
    );
  }
  socket.destroy(failure);
}
