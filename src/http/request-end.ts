import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { onAnswerEnd } from './answer-end.js';
import { answeredByConnection } from './client-error.js';
import { ERROR_CATALOGUE } from './errors.js';

/** How a request ended. */
interface RequestEnd {
  /** The status that was sent, or 499 if the connection was closed before anything was sent. */
  readonly status: number;
  /** Whether the connection was closed before the whole answer was sent. */
  readonly isClosed: boolean;
  /** Duration of the request. */
  readonly milliseconds: number;
}

/** Called when a request begins; returns a function that is called with its end. */
export type RequestFollower = (request: FastifyRequest) => (end: RequestEnd) => void;

declare module 'fastify' {
  interface FastifyInstance {
    /** See {@link followRequests}. */
    requestFollowers?: RequestFollower[];
  }
}

/**
 * Reports each request and its end exactly once. Fastify's own hook only reports answers that were sent. The first call adds the hook. No earlier
 * hook may refuse a request, or that request would not be reported.
 */
export function followRequests(fastify: FastifyInstance, follow: RequestFollower): void {
  if (fastify.requestFollowers !== undefined) {
    fastify.requestFollowers.push(follow);
    return;
  }
  fastify.decorate('requestFollowers', [follow]);
  fastify.addHook('onRequest', (request, reply, done) => {
    beginRequest(request, reply);
    done();
  });
}

/** Reports that a request has begun. Called directly for a request that reaches no hook. */
export function beginRequest(request: FastifyRequest, reply: FastifyReply): void {
  const begin = performance.now();
  const ends = (request.server.requestFollowers ?? []).map((follow) => follow(request));
  onAnswerEnd(reply.raw, () => {
    const milliseconds = performance.now() - begin;
    for (const end of ends) end({ ...answered(reply), milliseconds });
  });
}

function answered({ raw, statusCode }: FastifyReply): Omit<RequestEnd, 'milliseconds'> {
  if (raw.writableFinished) return { status: statusCode, isClosed: false };
  // A pipelined answer may have been written while it waited behind others, although none of it was sent.
  if (raw.headersSent && raw.socket !== null) return { status: statusCode, isClosed: true };
  const byConnection = answeredByConnection(raw.req.socket);
  return byConnection === undefined
    ? { status: ERROR_CATALOGUE.client_closed_request.status, isClosed: true }
    : { status: byConnection, isClosed: false };
}
