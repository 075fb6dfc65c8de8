import type { IncomingMessage } from 'node:http';
import fastifyStatic from '@fastify/static';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import { LogController, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { Admission } from './auth/admission.js';
import { Issuer } from './auth/issuer.js';
import { ApiServerService } from './hermes-api/api-server/api-server.service.js';
import { dashboardPath } from './hermes-api/dashboard/dashboard-path.js';
import { lookAtKeysFirst, refuseUnreadable } from './auth/keys-first.js';
import type { Settings } from './config/settings.js';
import { API_PAGE } from './config/program-files.js';
import { VERSION } from './config/version.js';
import { leadBrowsers } from './console/lead-browsers.js';
import { serveConsole } from './console/serve-console.js';
import { logRequests } from './http/access-log.js';
import { AnswerCache } from './http/answer-cache.js';
import { AnswerInterceptor } from './http/answer.interceptor.js';
import { setUpBrowsers } from './http/browsers.js';
import { forgetForwardedPorts } from './http/caller-address.js';
import { clientErrorHandler, ignoreExpectations, requireHost } from './http/client-error.js';
import { compressAnswers } from './http/compression.js';
import { ConnectionLimits } from './http/connection-limits.js';
import { limitBodiesByRoute } from './http/body-limit.decorator.js';
import { answerErrorsOfRoutes, ErrorFilter } from './http/error.filter.js';
import { FailureLog } from './http/failure-log.js';
import { acceptJsonBodies } from './http/json-body.js';
import { knowPaths } from './http/known-paths.js';
import { shedLoad } from './http/load-shedding.js';
import { rememberReadPositions } from './http/read-positions.js';
import { readOnRefusing } from './http/refused-body.js';
import { RequestLimits } from './http/request-limits.js';
import { beginRequest, followRequests } from './http/request-end.js';
import { requestId } from './http/request-id.js';
import { closeConnectionsWhenStopping } from './http/stopping.js';
import { tagTexts } from './http/tagged-texts.js';
import { UnheededConditionInterceptor } from './http/unheeded-condition.interceptor.js';
import { UnknownInputInterceptor } from './http/unknown-input.interceptor.js';
import { RequestValidation } from './http/validation.js';
import { describeProtectedResource } from './mcp/protected-resource.js';
import { countRequests } from './metrics/count-requests.js';
import { Metrics } from './metrics/metrics.js';
import { buildOpenApiDocument } from './openapi/openapi-document.js';
import { refuseAgents } from './upstream/no-agent.js';
import { passOn } from './upstream/pass-on.js';
import { SessionReader } from './sessions/session-reader.js';
import { SessionsRepository } from './sessions/sessions.repository.js';
import { traceRequests } from './tracing/request-spans.js';
import { traceCalls } from './tracing/traced-calls.js';

const MEBIBYTE = 1024 * 1024;

/** The largest body that is read, in bytes: a title and two flags need far less. */
const BODY_LIMIT = 64 * 1024;

/** The longest request line and headers together, in bytes: a search of 2,048 emoji has 24 KiB when it is URL-encoded. */
const HEADER_LIMIT = 32 * 1024;

/** The longest session id in a path; any text is a legal id. */
const MAX_ID_LENGTH = 2048;

/** How often connections are checked for requests that do not arrive in time, in milliseconds. */
const CONNECTIONS_CHECK_INTERVAL = 1000;

/** A connection without traffic for this long is closed, in milliseconds. The search timeout is added, since a search may still be running. */
const IDLE_CONNECTION = 120_000;

/** Pages for people, reachable without a key: they contain nothing of the history. */
const PAGES = ['/docs', '/openapi.json', '/console'] as const;

/** Stops Fastify from loading its JSON Schema compilers. Decorators check requests here, and no route has a schema. */
const NO_SCHEMAS = (): never => {
  throw new Error('No route has a JSON Schema.');
};

/** The HTTP server under the application. */
export function createAdapter(settings: Settings, logger: Logger): FastifyAdapter {
  return new FastifyAdapter({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    bodyLimit: BODY_LIMIT,
    // The default limit of ten seconds would end the server on a machine too loaded to give it CPU time. No plugin waits for anything.
    pluginTimeout: 0,
    http: {
      maxHeaderSize: HEADER_LIMIT,
      // `requireHost` enforces the header instead, with a regular error answer.
      requireHostHeader: false,
      headersTimeout: settings.REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: Math.min(CONNECTIONS_CHECK_INTERVAL, settings.REQUEST_TIMEOUT_MS),
    },
    requestTimeout: settings.REQUEST_TIMEOUT_MS,
    connectionTimeout: IDLE_CONNECTION + settings.SEARCH_TIMEOUT_MS,
    // A request that arrives on a kept-alive connection while the server stops is still answered; the answer closes the connection.
    return503OnClosing: false,
    clientErrorHandler: clientErrorHandler(logger, settings.CORS_ORIGINS),
    trustProxy: trustedProxies(settings.TRUST_PROXY),
    genReqId: (request: IncomingMessage) => requestId(request.headers['x-request-id']),
    rewriteUrl: (request: IncomingMessage) => dashboardPath(request, settings.BASE_PATH),
    routerOptions: { maxParamLength: MAX_ID_LENGTH },
    schemaController: { compilersFactory: { buildValidator: NO_SCHEMAS, buildSerializer: NO_SCHEMAS } },
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      beginRequest(request, reply);
      addCommonHeaders(request, reply);
      void refuseUnreadable(error, request, reply);
    },
  });
}

/**
 * Installs what every running application has, in the order in which a request meets it: errors, answers, limits, browsers, keys, checks, and
 * what is served besides the controllers.
 */
export async function setUpApp(app: NestFastifyApplication, settings: Settings): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance();
  setUpErrors(app, fastify);
  if (settings.TRUST_PROXY !== 'false') forgetForwardedPorts(fastify);
  if (settings.OTEL_EXPORTER_OTLP_ENDPOINT !== '') trace(app, fastify);
  await setUpAnswers(app, fastify);
  await setUpLimits(app, fastify, settings);
  await setUpBrowsers(app, settings.CORS_ORIGINS);
  setUpKeys(app, fastify, settings);
  if (settings.DATABASE_REPLICA_URLS.length > 0) rememberReadPositions(fastify);
  app.setGlobalPrefix(settings.BASE_PATH);
  setUpChecks(app, settings);
  await serveAgents(app, fastify, settings);
  await servePages(app, fastify, settings);
}

function setUpErrors(app: NestFastifyApplication, fastify: FastifyInstance): void {
  const failureLog = app.get(FailureLog);
  fastify.decorate('failureLog', failureLog);
  answerErrorsOfRoutes(fastify);
  knowPaths(fastify, MAX_ID_LENGTH);
  ignoreExpectations(fastify);
}

/** What every answer gets: headers, a tag, compression, and its line in the log and the metrics. */
async function setUpAnswers(app: NestFastifyApplication, fastify: FastifyInstance): Promise<void> {
  fastify.addHook('onRequest', (request, reply, done) => {
    addCommonHeaders(request, reply);
    done();
  });
  readOnRefusing(fastify);
  tagTexts(fastify);
  await compressAnswers(fastify);
  logRequests(fastify);
  countRequests(fastify, app.get(Metrics));
}

async function setUpLimits(
  app: NestFastifyApplication,
  fastify: FastifyInstance,
  settings: Settings,
): Promise<void> {
  closeConnectionsWhenStopping(fastify);
  app.get(ConnectionLimits).install(fastify);
  shedLoad(fastify, settings.MAX_EVENT_LOOP_DELAY_MS);
  await app.get(RequestLimits).install(fastify);
  acceptJsonBodies(fastify);
  limitBodiesByRoute(fastify);
}

function setUpKeys(app: NestFastifyApplication, fastify: FastifyInstance, settings: Settings): void {
  requireHost(fastify);
  const pages = PAGES.map((page) => `${settings.BASE_PATH}${page}`);
  lookAtKeysFirst(fastify, settings, app.get(Admission, { strict: false }), pages);
}

/** Checks of what a request sends, and answers that are kept while the history is unchanged. */
function setUpChecks(app: NestFastifyApplication, settings: Settings): void {
  const reader = app.get(SessionReader);
  const metrics = app.get(Metrics);
  app.useGlobalPipes(new RequestValidation());
  app.useGlobalInterceptors(
    new UnknownInputInterceptor(),
    new UnheededConditionInterceptor(),
    new AnswerInterceptor(
      new AnswerCache(settings.ANSWER_CACHE_MB * MEBIBYTE),
      () => reader.revision(),
      (request) => JSON.stringify(request.principal?.access),
      (source) => {
        metrics.answeredFrom(source);
      },
    ),
  );
  app.useGlobalFilters(new ErrorFilter());
}

/** Passes paths of agents on to the Hermes API server behind this one, or says that there is none. */
async function serveAgents(
  app: NestFastifyApplication,
  fastify: FastifyInstance,
  settings: Settings,
): Promise<void> {
  if (settings.HERMES_UPSTREAM_URL !== '') return passOn(fastify, settings);
  const apiServer = app.get(ApiServerService, { strict: false });
  refuseAgents(fastify, settings, (id, request) => apiServer.get(id, { ...request, besidePath: [] }));
}

async function servePages(
  app: NestFastifyApplication,
  fastify: FastifyInstance,
  settings: Settings,
): Promise<void> {
  const hasConsole =
    settings.CONSOLE && (await serveConsole(fastify, settings, app.get(Issuer, { strict: false })));
  leadBrowsers(fastify, settings, hasConsole);
  if (settings.MCP && settings.OIDC_ISSUER !== '') describeProtectedResource(fastify, settings);
  if (settings.DOCS) await serveDocuments(app, settings);
}

function trace(app: NestFastifyApplication, fastify: FastifyInstance): void {
  traceRequests(fastify, (follower) => {
    followRequests(fastify, follower);
  });
  traceCalls(app.get(SessionsRepository, { strict: false }), 'sessions');
}

function addCommonHeaders(request: FastifyRequest, reply: FastifyReply): void {
  void reply.header('x-request-id', request.id).header('cache-control', 'private, no-cache');
}

function trustedProxies(setting: string): boolean | string {
  if (setting === 'true') return true;
  return setting === 'false' ? false : setting;
}

async function serveDocuments(app: NestFastifyApplication, settings: Settings): Promise<void> {
  // Each file of the page has precompressed siblings, which the Swagger module would ignore.
  await app.register(fastifyStatic, {
    root: API_PAGE,
    prefix: `${settings.BASE_PATH}/docs`,
    wildcard: false,
    preCompressed: true,
    globIgnore: ['**/LICENSE', '**/*.{br,gz}'],
    decorateReply: false,
    cacheControl: false,
    acceptRanges: false,
  });
  // The module would serve the page's files once more: below a base path all of swagger-ui-dist, a package that a release does not have.
  Object.assign(SwaggerModule, { serveStatic: () => undefined });
  SwaggerModule.setup('docs', app, () => buildOpenApiDocument(app, VERSION, settings.BASE_PATH), {
    useGlobalPrefix: true,
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'hermes-sessions API',
    swaggerOptions: { persistAuthorization: false, displayRequestDuration: true, tryItOutEnabled: true },
  });
}
