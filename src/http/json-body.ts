import type { FastifyInstance, FastifyRequest } from 'fastify';

/**
 * Makes JSON the only kind of body that is read. A body without a byte in it counts as none: many clients
 * send `Content-Type: application/json` with every request, DELETE included.
 */
export function acceptJsonBodies(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    (request: FastifyRequest, body: string, done) => {
      if (body === '') done(null, undefined);
      else void parse(request, body, done);
    },
  );
}
