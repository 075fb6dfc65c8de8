import { HermesSessionsError } from '@hermes-sessions/client';

/**
 * Why a change of many broke off. What was done before is told with it, and can be taken back.
 * @param done how many were changed.
 * @throws the error itself where none was, or nobody foresaw it.
 */
export function brokeOffBy(error: unknown, done: number): HermesSessionsError {
  if (done === 0 || !(error instanceof HermesSessionsError)) throw error;
  return error;
}
