import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isDeeperThan } from '../text/json.js';
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

/** Maximum nesting of lists and objects in a body. No body needs more than three levels, and recursive code can overflow its stack on deeper ones. */
const DEEPEST = 32;

/** Bodies up to this size are parsed without checking their breadth, in bytes. */
const SMALL = 64 * 1024;

/** Marks a route that checks the depth of its body itself, piece by piece if the body may be large. */
export function ChecksDepthItself(): MethodDecorator {
  return AddRouteConfig({ checksDepthItself: true });
}

/** Reads the bodies of all routes of a controller as JSON, regardless of their Content-Type. */
export function ReadsAnyBodyAsJson(): ClassDecorator {
  return AddRoutesConfig({ readsAnyBodyAsJson: true });
}

type Done = (error: Error | null, body?: unknown) => void;

/**
 * Accepts only JSON bodies of limited depth. An empty body counts as no body: many clients send `Content-Type: application/json` with every request,
 * DELETE included.
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
    // A request without a body may still have a Content-Type.
    if (request.routeOptions.config.readsAnyBodyAsJson === true || body.length === 0)
      read(request, body, done);
    else done(new ApiError('unsupported_media_type'));
  });
}

/** Why a body is refused before parsing. JSON is UTF-8 (RFC 8259); decoding other encodings as UTF-8 would store a different text than was meant. */
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
