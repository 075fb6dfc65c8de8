import {
  context,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
} from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { TRACER } from './span.js';

/** The span of a request, and what goes on within it. */
interface RequestSpan {
  readonly span: Span;
  readonly within: Context;
}

/** Is told of each request when it begins, and gives back what is to be told of its end. */
type Follower = (request: FastifyRequest) => (end: { readonly status: number }) => void;

/**
 * Has a span for each request, below that of its caller where it names one (W3C `traceparent`). It has the route and not the path, in which
 * ids stand, and the request id that the log and the answer have.
 * @param follow is called with what is to be told of each request.
 */
export function traceRequests(fastify: FastifyInstance, follow: (follower: Follower) => void): void {
  const spans = new WeakMap<FastifyRequest, RequestSpan>();
  follow((request) => {
    const started = start(request);
    spans.set(request, started);
    return ({ status }) => {
      end(started.span, status);
    };
  });
  const goOnWithin = (request: FastifyRequest, _reply: unknown, done: HookHandlerDoneFunction): void => {
    context.with(spans.get(request)?.within ?? context.active(), done);
  };
  fastify.addHook('onRequest', goOnWithin);
  // A body arrives by events of its connection, which know nothing of the request.
  fastify.addHook('preHandler', goOnWithin);
}

function start(request: FastifyRequest): RequestSpan {
  const caller = propagation.extract(context.active(), request.headers);
  const route = request.is404 ? undefined : request.routeOptions.url;
  const span = TRACER.startSpan(
    route === undefined ? request.method : `${request.method} ${route}`,
    {
      kind: SpanKind.SERVER,
      attributes: {
        'http.request.method': request.method,
        ...(route === undefined ? {} : { 'http.route': route }),
        'http.request.header.x-request-id': [request.id],
      },
    },
    caller,
  );
  return { span, within: trace.setSpan(caller, span) };
}

function end(span: Span, status: number): void {
  span.setAttribute('http.response.status_code', status);
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
