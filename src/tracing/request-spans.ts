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

/** The span of a request, and the context for its children. */
interface RequestSpan {
  readonly span: Span;
  readonly within: Context;
}

/** Called when a request begins; returns a function that is called with its end. */
type Follower = (request: FastifyRequest) => (end: { readonly status: number }) => void;

/**
 * Creates a span for each request, as a child of the caller's span if a `traceparent` header names one (W3C). The span has the route instead of the
 * path, which can contain ids, and the request id that is also in the log and in the answer.
 * @param follow registers a follower of all requests.
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
  // Restored after body parsing, whose events belong to the connection and lack the request's context.
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
