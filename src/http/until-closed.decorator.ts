import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { onAnswerEnd } from './answer-end.js';
import { ApiError } from './errors.js';

/** A signal that is given when the connection of an answer is closed, or the answer is sent. */
export function untilClosed({ raw }: FastifyReply): AbortSignal {
  const closed = new AbortController();
  onAnswerEnd(raw, () => {
    closed.abort(new ApiError('client_closed_request'));
  });
  return closed.signal;
}

/**
 * Gives a handler a signal that ends what nobody waits for any more.
 * @param parameter only where a query has this one: answers that take no time are not worth a signal.
 */
export const UntilClosed = createParamDecorator(
  (parameter: string | undefined, context: ExecutionContext): AbortSignal | undefined => {
    const http = context.switchToHttp();
    const query = http.getRequest<FastifyRequest>().query as Readonly<Record<string, unknown>>;
    if (parameter !== undefined && query[parameter] === undefined) return undefined;
    return untilClosed(http.getResponse<FastifyReply>());
  },
);
