import { context, diag, DiagLogLevel, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { setGlobalErrorHandler, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { VERSION } from '../config/version.js';
import { RepeatedWarning } from '../logging/repeated-warning.js';
import type { Tracing, TracingLogger } from './tracing.js';

/** How long a collector may take, in milliseconds; what it does not take is lost, and nobody waits for it. */
const COLLECTOR_TIMEOUT = 5000;

/** How long it is waited for the last spans when a process ends, in milliseconds. */
const LAST_SPANS = 2000;

/** Begins to send spans to a collector, by OTLP over HTTP as JSON. @param endpoint its address, without `/v1/traces`. */
export function startExporting(endpoint: string, logger: TracingLogger): Tracing {
  const warning = new RepeatedWarning(logger);
  const warn = (message: string): void => {
    warning.warn(`Traces are not taken by OTEL_EXPORTER_OTLP_ENDPOINT: ${message}`);
  };
  const silent = (): void => undefined;
  diag.setLogger(
    { error: warn, warn: silent, info: silent, debug: silent, verbose: silent },
    DiagLogLevel.ERROR,
  );
  // The SDK's own one writes an error with all that it has, its stack among it, as one line of JSON.
  setGlobalErrorHandler((error) => {
    warn(reasonOf(error));
  });
  const exporter = new OTLPTraceExporter({
    url: `${endpoint}/v1/traces`,
    timeoutMillis: COLLECTOR_TIMEOUT,
  });
  const provider = new BasicTracerProvider({
    // What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say goes before.
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'hermes-sessions', 'service.version': VERSION }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  return {
    stop: () =>
      Promise.race([
        provider.shutdown().catch(silent),
        new Promise<void>((resolve) => setTimeout(resolve, LAST_SPANS).unref()),
      ]),
  };
}

/** Why spans were not taken, in one line; an error of several addresses has no message of its own. */
function reasonOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { message, code } = error as { readonly message?: unknown; readonly code?: unknown };
  const [text = ''] = typeof message === 'string' ? message.split('\n') : [];
  return [code, text].filter((part) => part !== undefined && part !== '').join(' ');
}
