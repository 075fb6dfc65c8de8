import { Readable } from 'node:stream';
import { constants } from 'node:zlib';
import compress from '@fastify/compress';
import type { FastifyInstance, onSendHookHandler } from 'fastify';
import { weakened } from './entity-tag.js';

/** Bytes of an answer that goes into one packet whether it is compressed or not. */
const LEAST = 1400;

/** Bytes of an answer that are compressed at once, in less time than it takes to hand them to a thread and back. */
const MOST_AT_ONCE = 64 * 1024;

/** How hard it is tried: beyond it each percent costs more time than its way over a loopback takes. */
const BROTLI_QUALITY = 4;
const GZIP_LEVEL = 5;

/**
 * Compresses the answers of whoever says that compressed ones are understood. What is written while it is read stays as it is: events
 * would wait for their successors, and what another server answered is its own affair.
 */
export async function compressAnswers(fastify: FastifyInstance): Promise<void> {
  fastify.addHook('onRequest', (_request, reply, done) => {
    // Also of an answer that is left as it is: with another header it would be another. Origins may have been named before.
    const named = reply.getHeader('vary');
    void reply.header('vary', named === undefined ? 'accept-encoding' : `${String(named)}, accept-encoding`);
    done();
  });
  fastify.addHook('onSend', (request, _reply, payload, done) => {
    // The library's own sign for an answer that is to be left alone.
    if (payload instanceof Readable) request.headers['x-no-compression'] = 'streamed';
    done();
  });
  await fastify.register(compress, {
    // Where two are as welcome, the first; also nothing at all can be the most welcome one.
    encodings: ['br', 'gzip', 'identity'],
    threshold: LEAST,
    syncThreshold: MOST_AT_ONCE,
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } },
    zlibOptions: { level: GZIP_LEVEL },
    // A small body that becomes a large one would pass every limit.
    globalDecompression: false,
  });
  // Hooks of a route run in the order in which it got them: this one comes behind its compression.
  fastify.addHook('onRoute', (route) => {
    route.onSend = [...[route.onSend ?? []].flat(), weakenTag];
  });
}

/** Compressed bytes stand for what the tag names without being it (RFC 9110, section 8.8.1). */
const weakenTag: onSendHookHandler = (_request, reply, _payload, done) => {
  const tag = reply.getHeader('etag');
  if (typeof tag === 'string' && reply.hasHeader('content-encoding'))
    void reply.header('etag', weakened(tag));
  done();
};
