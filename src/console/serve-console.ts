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
      const allow = (policy: string): void => {
        void reply.header('content-security-policy', policy);
        done();
      };
      if (isPage(reply)) void pagePolicy(settings, issuer).then(allow);
      else allow(consolePolicy());
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

function isPage(reply: FastifyReply): boolean {
  return String(reply.getHeader('content-type')).startsWith('text/html');
}

/**
 * The page itself may also talk to where tokens are given. While the issuer is away nobody signs in there, and none is needed; whoever signs in comes
 * back to the page by loading it again, when the issuer was heard.
 */
async function pagePolicy(settings: Settings, issuer: Issuer): Promise<string> {
  const signIn = await Promise.race([
    consoleSignIn(settings, issuer).catch(() => undefined),
    passed(PATIENCE, undefined, { ref: false }),
  ]);
  return consolePolicy(signIn?.token_endpoint);
}
