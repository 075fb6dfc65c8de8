import type { FastifyInstance } from 'fastify';
import { entityTag, isNamedBy } from './entity-tag.js';

/**
 * Gives texts that no controller answers, such as the OpenAPI document and its page, an entity tag, and answers 304 to callers that already have
 * them. Must be installed before compression.
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
