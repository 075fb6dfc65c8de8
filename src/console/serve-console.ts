import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { compiledFile } from '../config/compiled-file.js';

/** What the console's own files may do, and nothing else may: no inline script or style, no foreign host, no frame around it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Files in here have the hash of what is in them in their names. */
const HASHED = '/assets/';

/** A year, in seconds. */
const LONG = 31_536_000;

/**
 * Serves the console at `/console/`. Everybody may have its files: they hold nothing of the history, which the page asks for with the
 * key of whoever signs in. Where it has not been built, there is none.
 */
export async function serveConsole(fastify: FastifyInstance, basePath: string): Promise<void> {
  const page = fileURLToPath(compiledFile('console/index.html'));
  if (!existsSync(page)) return;
  const prefix = `${basePath}/console/`;
  await fastify.register(async (scope) => {
    scope.addHook('onSend', (request, reply, _payload, done) => {
      void reply.header('content-security-policy', POLICY);
      if (reply.statusCode === 200 && request.url.includes(HASHED))
        void reply.header('cache-control', `public, max-age=${LONG}, immutable`);
      done();
    });
    await scope.register(fastifyStatic, {
      root: dirname(page),
      prefix,
      redirect: true,
      // The API page has its own files, with its own ways.
      decorateReply: false,
      cacheControl: false,
    });
  });
}
