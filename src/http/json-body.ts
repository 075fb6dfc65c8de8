import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isDeeperThan } from '../text/nesting.js';
import { ApiError } from './errors.js';
import { AddRouteConfig } from './route-config.decorator.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** See {@link ChecksDepthItself}. */
    checksDepthItself?: true;
  }
}

/** Levels of lists and objects in a body. No body has more than three; what walks through deeper ones can run out of stack. */
const DEEPEST = 32;

/** Marks a route that looks itself at how deep a body is, piece by piece where it may be large. */
export function ChecksDepthItself(): MethodDecorator {
  return AddRouteConfig({ checksDepthItself: true });
}

/**
 * Makes JSON the only kind of body that is read, and only so deep. A body without a byte in it counts as none: many clients
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
      else
        void parse(request, body, (error, value: unknown) => {
          const { checksDepthItself = false } = request.routeOptions.config;
          if (error === null && !checksDepthItself && isDeeperThan(value, DEEPEST)) done(tooDeep());
          else done(error, value);
        });
    },
  );
}

function tooDeep(): ApiError {
  return new ApiError('invalid_body', {
    message: `The body may have at most ${DEEPEST} lists and objects inside each other.`,
  });
}
