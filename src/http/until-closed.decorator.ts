import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { onAnswerEnd } from './answer-end.js';
import { ApiError } from './errors.js';

/** A signal that aborts when an answer's connection is closed or the answer is sent. */
export function untilClosed({ raw }: FastifyReply): AbortSignal {
  const closed = new AbortController();
  onAnswerEnd(raw, () => {
    closed.abort(new ApiError('client_closed_request'));
  });
  return closed.signal;
}

/**
 * Gives a handler a signal that ends work that nobody waits for.
 * @param parameter if given, the signal exists only for queries that have this parameter: fast answers need none.
 */
export const UntilClosed = createParamDecorator(
  (parameter: string | undefined, context: ExecutionContext): AbortSignal | undefined => {
    const http = context.switchToHttp();
    const query = http.getRequest<FastifyRequest>().query as Readonly<Record<string, unknown>>;
    if (parameter !== undefined && query[parameter] === undefined) return undefined;
    return untilClosed(http.getResponse<FastifyReply>());
  },
);
