import { HermesSessionsError } from '@hermes-sessions/client';
import { texts } from './language.js';

/** The text for a server error: in the page's language if it is translated, otherwise the server's own message. */
export function problemOf({ code, message }: { readonly code: string; readonly message: string }): string {
  const { problems } = texts();
  return Object.hasOwn(problems, code) ? problems[code as keyof typeof problems] : message;
}

/** The text for any error. */
export function messageOf(error: unknown): string {
  if (!(error instanceof HermesSessionsError)) return error instanceof Error ? error.message : String(error);
  return error.status === 401 ? texts().problems.unauthorized : problemOf(error);
}
