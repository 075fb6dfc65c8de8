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

/** Timeout of an export, in milliseconds. Spans that the collector does not accept are lost; nobody waits for it. */
const COLLECTOR_TIMEOUT = 5000;

/** How long a process waits for its last spans when it ends, in milliseconds. */
const LAST_SPANS = 2000;

/** Starts exporting spans as OTLP/JSON over HTTP. @param endpoint the collector's address, without `/v1/traces`. */
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
  // The SDK's default handler logs the whole error with its stack as one line of JSON.
  setGlobalErrorHandler((error) => {
    warn(reasonOf(error));
  });
  const exporter = new OTLPTraceExporter({
    url: `${endpoint}/v1/traces`,
    timeoutMillis: COLLECTOR_TIMEOUT,
  });
  const provider = new BasicTracerProvider({
    // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES take precedence.
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

/** Why an export failed, in one line. An AggregateError of several addresses has a code but no message. */
function reasonOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { message, code } = error as { readonly message?: unknown; readonly code?: unknown };
  const [text = ''] = typeof message === 'string' ? message.split('\n') : [];
  return [code, text].filter((part) => part !== undefined && part !== '').join(' ');
}
