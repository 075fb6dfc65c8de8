import { HermesSessionsError } from '@hermes-sessions/client';

/**
 * The error that interrupted a change of many. It is reported together with what was done before, which can be undone.
 * @param done number of items already changed.
 * @throws the error itself if nothing was changed, or it is unforeseen.
 */
export function brokeOffBy(error: unknown, done: number): HermesSessionsError {
  if (done === 0 || !(error instanceof HermesSessionsError)) throw error;
  return error;
}
