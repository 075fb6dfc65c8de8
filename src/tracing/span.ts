import { isPromise } from 'node:util/types';
import { SpanStatusCode, trace, type Attributes, type Span } from '@opentelemetry/api';
import { errorCode } from '../config/error-code.js';
import { VERSION } from '../config/version.js';

/** Makes spans where somebody exports them, and nothing anywhere else. */
export const TRACER = trace.getTracer('hermes-sessions', VERSION);

/** Attributes of what is asked of a database of either kind. */
export const SQLITE: Attributes = { 'db.system.name': 'sqlite' };
export const POSTGRESQL: Attributes = { 'db.system.name': 'postgresql' };

/**
 * Does `work` within a span, which ends when it does.
 * @param name of few kinds: no id, no title, nothing that anybody typed.
 * @param attributes of the same kind; names of
 *   {@link https://opentelemetry.io/docs/specs/semconv/ OpenTelemetry's conventions} where these have one.
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

/** What an error says can quote what it is about, so that only its kind is told. */
function fail(span: Span, error: unknown): void {
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.setAttribute('error.type', kindOf(error));
  span.end();
}

function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return '_OTHER';
  return errorCode(error) ?? error.name;
}
