import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import './error-form.decorator.js';
import { ApiError, toApiError, type ErrorCode } from './errors.js';
import './failure-log.js';

/** Answers every failure with the error envelope. Details not meant for callers are only logged. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    void sendError(exception, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}

/**
 * Answers failures of hooks and of body parsing with the envelope, for every route added later. Nest does this only for routes added after its start.
 * Must run before routes are added.
 */
export function answerErrorsOfRoutes(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    route.errorHandler ??= (error, request, reply) => {
      void sendError(error, request, reply);
    };
  });
}

/** Writes the envelope of `exception` to `reply`. Also used for failures before any route is reached. */
export function sendError(exception: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = toAnswer(exception);
  request.server.failureLog.write(request.log, error, exception);
  if (error.status === 401 || error.status === 403) {
    void reply.header('www-authenticate', challenge(request, error.code));
  }
  if (error.retryAfter !== undefined) void reply.header('retry-after', String(error.retryAfter));
  const { status, body } = request.routeOptions.config.errorForm?.(error, request) ?? {
    status: error.status,
    body: error.toEnvelope(),
  };
  return reply.status(status).send(body);
}

/** RFC 6750: `error="invalid_token"` belongs in the challenge only when a token was sent. */
function challenge(request: FastifyRequest, code: ErrorCode): string {
  const realm = 'Bearer realm="hermes-sessions"';
  if (code === 'insufficient_scope') return `${realm}, error="insufficient_scope"`;
  return request.headers.authorization === undefined ? realm : `${realm}, error="invalid_token"`;
}

function toAnswer(exception: unknown): ApiError {
  if (exception instanceof HttpException) return fromStatus(exception.getStatus(), exception);
  // Failures of Fastify itself and of its plugins.
  if (exception instanceof Error && 'statusCode' in exception && Number(exception.statusCode) < 500) {
    const isOfBody = 'code' in exception && String(exception.code).startsWith('FST_ERR_CTP_');
    return isOfBody
      ? fromStatus(Number(exception.statusCode), exception)
      : new ApiError('bad_request', { cause: exception });
  }
  return toApiError(exception);
}

/** Errors that Nest and Fastify raise before a controller is called. Their 400 is always about the body. */
const CODES_BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid_body',
  404: 'route_not_found',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
};

function fromStatus(status: number, cause: unknown): ApiError {
  const other = status >= 400 && status < 500 ? 'bad_request' : 'internal_error';
  return new ApiError(CODES_BY_STATUS[status] ?? other, { cause });
}
