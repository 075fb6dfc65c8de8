import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isDeeperThan } from '../text/nesting.js';
import { ApiError } from './errors.js';
import { BROADEST, isBroaderThan } from './json-breadth.js';
import { AddRouteConfig, AddRoutesConfig } from './route-config.decorator.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** See {@link ChecksDepthItself}. */
    checksDepthItself?: true;
    /** See {@link ReadsAnyBodyAsJson}. */
    readsAnyBodyAsJson?: true;
  }
}

/** Levels of lists and objects in a body. No body has more than three; what walks through deeper ones can run out of stack. */
const DEEPEST = 32;

/** The largest body that is parsed whatever it holds, in bytes. */
const SMALL = 64 * 1024;

/** Marks a route that looks itself at how deep a body is, piece by piece where it may be large. */
export function ChecksDepthItself(): MethodDecorator {
  return AddRouteConfig({ checksDepthItself: true });
}

/** Reads the bodies of all routes of a controller as JSON, whatever kind they say they are. */
export function ReadsAnyBodyAsJson(): ClassDecorator {
  return AddRoutesConfig({ readsAnyBodyAsJson: true });
}

type Done = (error: Error | null, body?: unknown) => void;

/**
 * Makes JSON the only kind of body that is read, and only so deep. A body without a byte in it counts as none: many clients
 * send `Content-Type: application/json` with every request, DELETE included.
 */
export function acceptJsonBodies(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  const parsed = (request: FastifyRequest, body: Buffer, done: Done): void => {
    void parse(request, body.toString(), (error, value: unknown) => {
      const { checksDepthItself = false } = request.routeOptions.config;
      if (error === null && !checksDepthItself && isDeeperThan(value, DEEPEST)) done(tooDeep());
      else done(error, value);
    });
  };
  const read = (request: FastifyRequest, body: Buffer, done: Done): void => {
    const refusal = refusalOf(request, body);
    if (refusal !== undefined) done(refusal);
    else if (body.length === 0) done(null);
    else if (body.length <= SMALL) parsed(request, body, done);
    else
      void isBroaderThan(body, BROADEST).then((isTooBroad) => {
        if (isTooBroad) done(tooBroad());
        else parsed(request, body, done);
      });
  };
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, read);
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (request: FastifyRequest, body: Buffer, done) => {
    // What sends none may still name a kind for it.
    if (request.routeOptions.config.readsAnyBodyAsJson === true || body.length === 0)
      read(request, body, done);
    else done(new ApiError('unsupported_media_type'));
  });
}

/** Why the bytes of a body are not read: JSON is UTF-8 (RFC 8259), and what else is read as such would be kept otherwise than it was meant. */
function refusalOf({ headers }: FastifyRequest, body: Buffer): ApiError | undefined {
  const coding = (headers['content-encoding'] ?? '').toLowerCase();
  if (coding !== '' && coding !== 'identity')
    return new ApiError('unsupported_media_type', { message: 'Send the body without a Content-Encoding.' });
  return isUtf8(body) ? undefined : new ApiError('invalid_body', { message: 'The body must be UTF-8.' });
}

function tooDeep(): ApiError {
  return new ApiError('invalid_body', {
    message: `The body may have at most ${DEEPEST} lists and objects inside each other.`,
  });
}

function tooBroad(): ApiError {
  const [values, names] = [BROADEST.values, BROADEST.names].map((most) => most.toLocaleString('en'));
  return new ApiError('payload_too_large', {
    message: `The body may hold at most ${values} values, with ${names} different names.`,
  });
}
