import {
  context,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
} from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { TRACER } from './span.js';

/** The span of a request, and what goes on within it. */
interface RequestSpan {
  readonly span: Span;
  readonly within: Context;
}

/** @param isClosed whether its connection was closed before all of the answer was sent. */
type TellEnd = (request: FastifyRequest, reply: FastifyReply, isClosed: boolean) => void;

/**
 * Has a span for each request, below that of its caller where it names one (W3C `traceparent`). It has the route and not the path, in which
 * ids stand, and the request id that the log and the answer have.
 * @param onEnd is called with what is to be told of the end of each request.
 */
export function traceRequests(fastify: FastifyInstance, onEnd: (tell: TellEnd) => void): void {
  const spans = new WeakMap<FastifyRequest, RequestSpan>();
  fastify.addHook('onRequest', (request, _reply, done) => {
    const started = start(request);
    spans.set(request, started);
    context.with(started.within, done);
  });
  // A body arrives by events of its connection, which know nothing of the request.
  fastify.addHook('preHandler', (request, _reply, done) => {
    context.with(spans.get(request)?.within ?? context.active(), done);
  });
  onEnd((request, reply, isClosed) => {
    const span = spans.get(request)?.span;
    if (isClosed) span?.end();
    else end(span, reply);
  });
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

function end(span: Span | undefined, { statusCode }: FastifyReply): void {
  span?.setAttribute('http.response.status_code', statusCode);
  if (statusCode >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
  span?.end();
}
