import type { LoggerService } from '@nestjs/common';
import type { Settings } from '../config/settings.js';

/** Tells of a collector that takes nothing. */
export type TracingLogger = Pick<LoggerService, 'warn'>;

/** Spans on their way to a collector. */
export interface Tracing {
  /** Sends what is left, and ends. */
  readonly stop: () => Promise<void>;
}

const NONE: Tracing = { stop: () => Promise.resolve() };

/** Begins to send spans where the settings name a collector; nothing of it is loaded where they do not. */
export async function startTracing(
  { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }: Pick<Settings, 'OTEL_EXPORTER_OTLP_ENDPOINT'>,
  logger: TracingLogger,
): Promise<Tracing> {
  if (endpoint === '') return NONE;
  const { startExporting } = await import('./exporting.js');
  return startExporting(endpoint, logger);
}
