import { HermesSessionsError } from '@hermes-sessions/client';
import { texts } from './language.js';

/** What is said of an error of the server: in the language of the page where it has a text for it, else as the server put it. */
export function problemOf({ code, message }: { readonly code: string; readonly message: string }): string {
  const { problems } = texts();
  return Object.hasOwn(problems, code) ? problems[code as keyof typeof problems] : message;
}

/** Any error in words for whoever reads it. */
export function messageOf(error: unknown): string {
  if (!(error instanceof HermesSessionsError)) return error instanceof Error ? error.message : String(error);
  return error.status === 401 ? texts().problems.unauthorized : problemOf(error);
}
