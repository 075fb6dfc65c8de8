import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { onAnswerEnd } from './answer-end.js';
import { answeredByConnection } from './client-error.js';
import { ERROR_CATALOGUE } from './errors.js';

/** How a request ended. */
interface RequestEnd {
  /** What was sent, or 499 where the connection was closed before any of it was. */
  readonly status: number;
  /** Whether the connection was closed before all of the answer was sent. */
  readonly isClosed: boolean;
  /** How long it took. */
  readonly milliseconds: number;
}

/** Is told of each request when it begins, and gives back what is to be told of its end. */
export type RequestFollower = (request: FastifyRequest) => (end: RequestEnd) => void;

declare module 'fastify' {
  interface FastifyInstance {
    /** See {@link followRequests}. */
    requestFollowers?: RequestFollower[];
  }
}

/**
 * Tells of each request and of its end, once: Fastify's own hook is of answers that were sent, whatever became of the others.
 * What comes first here adds the hook, in front of which no other may refuse a request.
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

/** Tells that a request has begun; for one that reaches no hook. */
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
  // An answer that waited behind others may have been written, though nothing of it was sent.
  if (raw.headersSent && raw.socket !== null) return { status: statusCode, isClosed: true };
  const byConnection = answeredByConnection(raw.req.socket);
  return byConnection === undefined
    ? { status: ERROR_CATALOGUE.client_closed_request.status, isClosed: true }
    : { status: byConnection, isClosed: false };
}
