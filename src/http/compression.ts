import { Readable } from 'node:stream';
import { constants } from 'node:zlib';
import compress from '@fastify/compress';
import type { FastifyInstance, onSendHookHandler } from 'fastify';
import { weakened } from './entity-tag.js';

/** Smallest answer that is compressed, in bytes: a shorter one fits into one packet anyway. */
const LEAST = 1400;

/** Answers up to this size, in bytes, are compressed synchronously: that is faster than handing them to a thread and back. */
const MOST_AT_ONCE = 64 * 1024;

/** Compression levels. Above them, each further percent costs more time than it saves on a loopback connection. */
const BROTLI_QUALITY = 4;
const GZIP_LEVEL = 5;

/**
 * Compresses answers for clients that accept it. Streamed answers stay as they are: events would be held back in the compressor's buffer, and answers
 * proxied from another server are that server's business.
 */
export async function compressAnswers(fastify: FastifyInstance): Promise<void> {
  fastify.addHook('onRequest', (_request, reply, done) => {
    // Vary is also set on uncompressed answers: with another Accept-Encoding they could be compressed. CORS may have set it before.
    const named = reply.getHeader('vary');
    void reply.header('vary', named === undefined ? 'accept-encoding' : `${String(named)}, accept-encoding`);
    done();
  });
  fastify.addHook('onSend', (request, _reply, payload, done) => {
    // The header by which the plugin lets an answer be excluded.
    if (payload instanceof Readable) request.headers['x-no-compression'] = 'streamed';
    done();
  });
  await fastify.register(compress, {
    // Of equally preferred encodings the first one wins. Identity can also be the most preferred one.
    encodings: ['br', 'gzip', 'identity'],
    threshold: LEAST,
    syncThreshold: MOST_AT_ONCE,
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } },
    zlibOptions: { level: GZIP_LEVEL },
    // A small compressed body can expand beyond every limit.
    globalDecompression: false,
  });
  // Hooks of a route run in the order in which they were added: this one runs after compression.
  fastify.addHook('onRoute', (route) => {
    route.onSend = [...[route.onSend ?? []].flat(), weakenTag];
  });
}

/** A compressed body is equivalent to the tagged one but not byte-identical, so its tag must be weak (RFC 9110, section 8.8.1). */
const weakenTag: onSendHookHandler = (_request, reply, _payload, done) => {
  const tag = reply.getHeader('etag');
  if (typeof tag === 'string' && reply.hasHeader('content-encoding'))
    void reply.header('etag', weakened(tag));
  done();
};
