import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { onAnswerEnd } from './answer-end.js';

/**
 * Is told of the end of each request.
 * @param isClosed whether its connection was closed before all of the answer was sent.
 */
export type OnRequestEnd = (request: FastifyRequest, reply: FastifyReply, isClosed: boolean) => void;

/** Tells of the end of each request, once: Fastify's own hook is of answers that were sent, whatever became of the others. */
export function onRequestEnd(fastify: FastifyInstance, tell: OnRequestEnd): void {
  const ended = new WeakSet<FastifyRequest>();
  const end: OnRequestEnd = (request, reply, isClosed) => {
    if (ended.has(request)) return;
    ended.add(request);
    tell(request, reply, isClosed);
  };
  fastify.addHook('onRequest', (request, reply, done) => {
    onAnswerEnd(reply.raw, () => {
      if (!reply.raw.writableFinished) end(request, reply, true);
    });
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    end(request, reply, false);
    done();
  });
}
