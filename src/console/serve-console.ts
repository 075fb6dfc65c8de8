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

/** Files in here have the hash of what is in them in their names. */
const HASHED = 'assets/';

/** A year, in seconds. */
const LONG = 31_536_000;

/** How long the page waits for an issuer that was not heard yet, in milliseconds. */
const PATIENCE = 300;

/**
 * Serves the console at `/console/`. Everybody may have its files: they hold nothing of the history, which the page asks for with the
 * key of whoever signs in. Where it has not been built, there is none.
 * @returns whether it is there.
 */
export async function serveConsole(
  fastify: FastifyInstance,
  settings: Settings,
  issuer: Issuer,
): Promise<boolean> {
  if (!existsSync(join(CONSOLE_PAGE, 'index.html'))) return false;
  const prefix = `${settings.BASE_PATH}/console`;
  await fastify.register(async (scope) => {
    // Whoever leads elsewhere must be through before the handler of files is: all but the page itself waits for nothing.
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
    // No file: it tells how people sign in, as it is configured.
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
      // What the page asks for is below `/console/`, also where somebody leaves the slash out.
      redirect: true,
      // Beside each script and style sheet lie its compressed forms.
      preCompressed: true,
      // The API page has its own files, with its own ways.
      decorateReply: false,
      cacheControl: false,
      // Nobody wants a part of a script.
      acceptRanges: false,
    });
  });
  return true;
}

/**
 * The page itself may also talk to where tokens are given. What is answered before the issuer was heard is not kept, nor does it change what was:
 * whoever comes back from signing in may come to another server.
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
