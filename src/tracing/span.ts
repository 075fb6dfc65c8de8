import { isPromise } from 'node:util/types';
import { SpanStatusCode, trace, type Attributes, type Span } from '@opentelemetry/api';
import { errorCode } from '../config/error-code.js';
import { VERSION } from '../config/version.js';

/** Creates spans if an exporter is installed, and no-ops otherwise. */
export const TRACER = trace.getTracer('hermes-sessions', VERSION);

/** Attributes of queries to each kind of database. */
export const SQLITE: Attributes = { 'db.system.name': 'sqlite' };
export const POSTGRESQL: Attributes = { 'db.system.name': 'postgresql' };

/**
 * Runs `work` within a span that ends with it.
 * @param name of low cardinality: no ids, no titles, no user input.
 * @param attributes likewise; named after {@link https://opentelemetry.io/docs/specs/semconv/ OpenTelemetry's conventions} where those exist.
 */
export function inSpan<T>(name: string, attributes: Attributes, work: () => T): T {
  return TRACER.startActiveSpan(name, { attributes }, (span) => {
    try {
      const result = work();
      if (isPromise(result)) endWith(span, result);
      else span.end();
      return result;
    } catch (error) {
      fail(span, error);
      throw error;
    }
  });
}

function endWith(span: Span, result: Promise<unknown>): void {
  result.then(
    () => {
      span.end();
    },
    (error: unknown) => {
      fail(span, error);
    },
  );
}

/** Records only the kind of an error: its message can quote private data. */
function fail(span: Span, error: unknown): void {
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.setAttribute('error.type', kindOf(error));
  span.end();
}

function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return '_OTHER';
  return errorCode(error) ?? error.name;
}
