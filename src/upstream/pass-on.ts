import type { IncomingHttpHeaders } from 'node:http';
import { pipeline, Transform, type Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { requireOwner } from '../auth/scopes.js';
import { TOKEN_HEADER } from '../auth/session-token.js';
import { withoutKeys } from '../auth/sign-in/sign-in-cookie.js';
import type { Settings } from '../config/settings.js';
import { sendError } from '../http/error.filter.js';
import { ApiError } from '../http/errors.js';
import { untilClosed } from '../http/until-closed.decorator.js';

/** What is passed on, unless a route of this server's own answers it. */
const PREFIXES = ['/v1', '/api', '/p'] as const;

/** The longest body that a Hermes API server takes, in bytes. */
const BODY_LIMIT = 10 * 1024 * 1024;

/** Headers that concern one connection alone (RFC 9110, 7.6.1). */
const OF_CONNECTION = [
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te'],
  ...['trailer', 'transfer-encoding', 'upgrade', 'http2-settings'],
];

/**
 * What is of this server alone: its name; the key, which is another one there; what was expected before the body came, which Node has answered;
 * and the page that a browser asks for: which pages may is decided here, and a Hermes API server refuses all that it was not told of.
 */
const NOT_PASSED_ON = [...OF_CONNECTION, 'host', 'authorization', TOKEN_HEADER, 'expect', 'origin'];

/** How the headers begin that say which pages may ask. */
const OF_PAGES = 'access-control-';

/**
 * Passes every other path of the API on to a Hermes API server, as it comes: bodies and answers are not gathered. Only a key that may
 * do everything gets there, since an agent can do anything.
 */
export async function passOn(fastify: FastifyInstance, settings: Settings): Promise<void> {
  // Most servers pass nothing on, and start sooner without its HTTP client.
  const [{ default: httpProxy }, { UpstreamClient }] = await Promise.all([
    import('@fastify/http-proxy'),
    import('./upstream-client.js'),
  ]);
  for (const prefix of PREFIXES) {
    const client = new UpstreamClient();
    await fastify.register(async (scope) => {
      // Inside, bodies are passed on rather than read.
      scope.removeAllContentTypeParsers();
      scope.addHook('preParsing', (_request, _reply, body, done) => {
        done(null, bounded(body));
      });
      await scope.register(httpProxy, {
        upstream: settings.HERMES_UPSTREAM_URL,
        prefix: `${settings.BASE_PATH}${prefix}`,
        rewritePrefix: `${new URL(settings.HERMES_UPSTREAM_URL).pathname.replace(/\/$/, '')}${prefix}`,
        disableCache: true,
        // The log has one line of each request already.
        disableRequestLogging: true,
        undici: client as never,
        preHandler: (request, reply, done) => {
          if (!admit(request, reply)) return;
          const failed = (error: Error): void => {
            refuse(failureOf(error), request, reply);
          };
          client.askFor({ left: untilClosed(reply), failed }, done);
        },
        replyOptions: {
          // A refusal is for whoever asked: else one request of theirs were eleven to an agent that has too much to do.
          retryDelay: () => null,
          rewriteRequestHeaders: (request, headers) => ({
            ...without(NOT_PASSED_ON, headers),
            cookie: withoutKeys(headers.cookie),
            authorization: `Bearer ${settings.HERMES_UPSTREAM_KEY}`,
            'x-request-id': request.id,
          }),
          rewriteHeaders: (headers) =>
            without([...OF_CONNECTION, ...Object.keys(headers).filter(isOfPages)], headers),
          // An answer that is none: what failed before one came has been told.
          onError: (reply, { error }) => {
            refuse(failureOf(error), reply.request as FastifyRequest, reply as FastifyReply);
          },
        },
      });
    });
  }
}

/** Whether a request whose key was recognised goes on; it is answered where it does not. */
function admit(request: FastifyRequest, reply: FastifyReply): boolean {
  try {
    if (request.principal === undefined) throw new ApiError('invalid_api_key');
    requireOwner(request.principal);
    if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT) throw new ApiError('payload_too_large');
    // Between two words of an agent a connection may rest for long.
    request.raw.socket.setTimeout(0);
    return true;
  } catch (error) {
    refuse(error, request, reply);
    return false;
  }
}

/** A body that ends in an error where it grows longer than it may, also where it was not said how long it is. */
function bounded(body: Readable): Readable {
  let bytes = 0;
  const passing = new Transform({
    transform(chunk: Buffer, _encoding, pass) {
      bytes += chunk.length;
      if (bytes > BODY_LIMIT) pass(new ApiError('payload_too_large'));
      else pass(null, chunk);
    },
  });
  // What fails on one side ends the other, too.
  return pipeline(body, passing, () => undefined);
}

function refuse(failure: unknown, request: FastifyRequest, reply: FastifyReply): void {
  // Of a body that is not taken the rest still comes.
  if (!request.raw.complete) void reply.header('connection', 'close');
  void sendError(failure, request, reply);
}

/** Why a request could not be passed on: what this server itself had against it, or else the agent. */
function failureOf(error: Error): ApiError {
  return error instanceof ApiError ? error : new ApiError('upstream_unavailable', { cause: error });
}

function isOfPages(name: string): boolean {
  return name.startsWith(OF_PAGES);
}

/** Headers without some, and without those that concern one connection because it says so. */
function without(names: readonly string[], headers: IncomingHttpHeaders): IncomingHttpHeaders {
  // Of an answer it is a list where it comes twice, whatever its type says.
  const named = [headers.connection ?? []]
    .flat()
    .flatMap((each) => each.split(','))
    .map((name) => name.trim().toLowerCase());
  const dropped = new Set([...names, ...named]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name)));
}
