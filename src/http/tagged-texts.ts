import type { FastifyInstance } from 'fastify';
import { entityTag, isNamedBy } from './entity-tag.js';

/**
 * Gives texts that no controller answers, such as the API's description and its page, their entity tag, and answers 304 to whoever has them
 * already. It comes before what compresses them.
 */
export function tagTexts(fastify: FastifyInstance): void {
  fastify.addHook('onSend', ({ method, headers }, reply, payload, done) => {
    const isRead = method === 'GET' || method === 'HEAD';
    if (!isRead || reply.statusCode !== 200 || typeof payload !== 'string' || reply.hasHeader('etag')) {
      done();
      return;
    }
    const tag = entityTag(payload);
    void reply.header('etag', tag);
    if (!isNamedBy(headers['if-none-match'], tag)) {
      done();
      return;
    }
    void reply.status(304).removeHeader('content-type').removeHeader('content-length');
    done(null, null);
  });
}
