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

/** Path prefixes that are proxied, unless this server has a route of its own. */
const PREFIXES = ['/v1', '/api', '/p'] as const;

/** Maximum body size of a Hermes API server, in bytes. */
const BODY_LIMIT = 10 * 1024 * 1024;

/** Hop-by-hop headers (RFC 9110, 7.6.1). */
const OF_CONNECTION = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
];

/**
 * Headers that are not forwarded: the host name; the key, which is another one there; `Expect`, which Node has already answered; and `Origin`. This
 * server decides which pages may send requests, and a Hermes API server refuses unknown origins.
 */
const NOT_PASSED_ON = [...OF_CONNECTION, 'host', 'authorization', TOKEN_HEADER, 'expect', 'origin'];

/** Prefix of the CORS headers. */
const OF_PAGES = 'access-control-';

/**
 * Proxies every other API path to a Hermes API server, streaming bodies and answers. Requires a key that may do everything, since an agent can do
 * anything.
 */
export async function passOn(fastify: FastifyInstance, settings: Settings): Promise<void> {
  // Loaded on demand: most servers have no upstream, and start faster without the HTTP client.
  const [{ default: httpProxy }, { UpstreamClient }] = await Promise.all([
    import('@fastify/http-proxy'),
    import('./upstream-client.js'),
  ]);
  for (const prefix of PREFIXES) {
    const client = new UpstreamClient();
    await fastify.register(async (scope) => {
      // In this scope bodies are forwarded instead of parsed.
      scope.removeAllContentTypeParsers();
      scope.addHook('preParsing', (_request, _reply, body, done) => {
        done(null, bounded(body));
      });
      await scope.register(httpProxy, {
        upstream: settings.HERMES_UPSTREAM_URL,
        prefix: `${settings.BASE_PATH}${prefix}`,
        rewritePrefix: `${new URL(settings.HERMES_UPSTREAM_URL).pathname.replace(/\/$/, '')}${prefix}`,
        disableCache: true,
        // The access log already has one line per request.
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
          // No retries: otherwise one request could become eleven at an overloaded agent.
          retryDelay: () => null,
          rewriteRequestHeaders: (request, headers) => ({
            ...without(NOT_PASSED_ON, headers),
            cookie: withoutKeys(headers.cookie),
            authorization: `Bearer ${settings.HERMES_UPSTREAM_KEY}`,
            'x-request-id': request.id,
          }),
          rewriteHeaders: (headers) =>
            without([...OF_CONNECTION, ...Object.keys(headers).filter(isOfPages)], headers),
          // The answer was unusable. Failures before an answer are reported by the client.
          onError: (reply, { error }) => {
            refuse(failureOf(error), reply.request as FastifyRequest, reply as FastifyReply);
          },
        },
      });
    });
  }
}

/** Whether an authenticated request may be forwarded. If not, it is answered here. */
function admit(request: FastifyRequest, reply: FastifyReply): boolean {
  try {
    if (request.principal === undefined) throw new ApiError('invalid_api_key');
    requireOwner(request.principal);
    if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT) throw new ApiError('payload_too_large');
    // A connection may be idle for long while an agent works.
    request.raw.socket.setTimeout(0);
    return true;
  } catch (error) {
    refuse(error, request, reply);
    return false;
  }
}

/** A body that fails once it exceeds the limit, for requests without a Content-Length. */
function bounded(body: Readable): Readable {
  let bytes = 0;
  const passing = new Transform({
    transform(chunk: Buffer, _encoding, pass) {
      bytes += chunk.length;
      if (bytes > BODY_LIMIT) pass(new ApiError('payload_too_large'));
      else pass(null, chunk);
    },
  });
  // A failure of either stream destroys the other.
  return pipeline(body, passing, () => undefined);
}

function refuse(failure: unknown, request: FastifyRequest, reply: FastifyReply): void {
  // The rest of a refused body may still be arriving.
  if (!request.raw.complete) void reply.header('connection', 'close');
  void sendError(failure, request, reply);
}

/** The API error for a failed request: this server's own refusal, or the upstream's failure. */
function failureOf(error: Error): ApiError {
  return error instanceof ApiError ? error : new ApiError('upstream_unavailable', { cause: error });
}

function isOfPages(name: string): boolean {
  return name.startsWith(OF_PAGES);
}

/** Headers without the given ones, and without those that the Connection header names. */
function without(names: readonly string[], headers: IncomingHttpHeaders): IncomingHttpHeaders {
  // In an answer with two Connection headers it is an array, contrary to its type.
  const named = [headers.connection ?? []]
    .flat()
    .flatMap((each) => each.split(','))
    .map((name) => name.trim().toLowerCase());
  const dropped = new Set([...names, ...named]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name)));
}
