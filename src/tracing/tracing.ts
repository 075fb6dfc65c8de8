import type { LoggerService } from '@nestjs/common';
import type { Settings } from '../config/settings.js';

/** Logs warnings about an unavailable collector. */
export type TracingLogger = Pick<LoggerService, 'warn'>;

/** The export of spans to a collector. */
export interface Tracing {
  /** Exports the remaining spans and stops. */
  readonly stop: () => Promise<void>;
}

const NONE: Tracing = { stop: () => Promise.resolve() };

/** Starts exporting spans if a collector is configured. Otherwise nothing of the SDK is loaded. */
export async function startTracing(
  { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }: Pick<Settings, 'OTEL_EXPORTER_OTLP_ENDPOINT'>,
  logger: TracingLogger,
): Promise<Tracing> {
  if (endpoint === '') return NONE;
  const { startExporting } = await import('./exporting.js');
  return startExporting(endpoint, logger);
}
