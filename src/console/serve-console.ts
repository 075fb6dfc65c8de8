import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Issuer } from '../auth/issuer.js';
import { CONSOLE_PAGE } from '../config/program-files.js';
import type { Settings } from '../config/settings.js';
import { sendError } from '../http/error.filter.js';
import { consolePolicy } from './console-policy.js';
import { consoleSignIn } from './console-sign-in.js';

/** Files in this folder have a content hash in their names. */
const HASHED = 'assets/';

/** A year, in seconds. */
const LONG = 31_536_000;

/** How long the page is delayed for an issuer that has not answered yet, in milliseconds. */
const PATIENCE = 300;

/**
 * Serves the console at `/console/`, if it has been built. Its files are public: they contain nothing of the history, which the page requests with
 * the key of whoever signs in.
 * @returns whether it is served.
 */
export async function serveConsole(
  fastify: FastifyInstance,
  settings: Settings,
  issuer: Issuer,
): Promise<boolean> {
  if (!existsSync(join(CONSOLE_PAGE, 'index.html'))) return false;
  const prefix = `${settings.BASE_PATH}/console`;
  await fastify.register(async (scope) => {
    // A redirect must be sent before the handler of files returns, so only the page itself may be delayed here.
    scope.addHook('onSend', (request, reply, _payload, done) => {
      const [path = ''] = request.url.split('?');
      if (reply.statusCode === 200 && path.startsWith(`${prefix}/${HASHED}`))
        void reply.header('cache-control', `public, max-age=${LONG}, immutable`);
      if (path === `${prefix}/` || path === `${prefix}/index.html`) {
        void allowTokens(reply, settings, issuer).then(done);
        return;
      }
      void reply.header('content-security-policy', consolePolicy());
      done();
    });
    // Generated from the settings: how people sign in.
    scope.get(`${prefix}/sign-in.json`, async (request, reply) => {
      try {
        void reply.send({ oidc: (await consoleSignIn(settings, issuer)) ?? null });
      } catch (error) {
        sendError(error, request, reply);
      }
      return reply;
    });
    await scope.register(fastifyStatic, {
      root: CONSOLE_PAGE,
      prefix,
      // The page's relative URLs need the trailing slash.
      redirect: true,
      // Scripts and style sheets have precompressed siblings.
      preCompressed: true,
      // The API page has its own static files with other options.
      decorateReply: false,
      cacheControl: false,
      // Range requests are useless for scripts.
      acceptRanges: false,
    });
  });
  return true;
}

/**
 * Allows the page to connect to the issuer's token endpoint. A page sent before the issuer has answered is not cached, and such a 304 leaves the
 * policy of the cached page unchanged: a browser that returns from signing in may reach another server.
 */
async function allowTokens(reply: FastifyReply, settings: Settings, issuer: Issuer): Promise<void> {
  const heard = await Promise.race([
    consoleSignIn(settings, issuer).then(
      (signIn) => ({ tokenEndpoint: signIn?.token_endpoint }),
      () => undefined,
    ),
    passed(PATIENCE, undefined, { ref: false }),
  ]);
  if (heard !== undefined) {
    void reply.header('content-security-policy', consolePolicy(heard.tokenEndpoint));
    return;
  }
  void reply.header('cache-control', 'no-store').removeHeader('etag').removeHeader('last-modified');
  if (reply.statusCode === 304) reply.removeHeader('content-security-policy');
  else void reply.header('content-security-policy', consolePolicy());
}
