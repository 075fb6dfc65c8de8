import { createContext, Script } from 'node:vm';

/** V8 can interrupt whatever a vm script calls; this is no sandbox. */
const CALL = new Script('work()', { filename: 'bounded-work' });
const context = createContext({ work: undefined });

/**
 * Runs work that a hostile text can make endless, or too deep for the stack.
 * @param limit milliseconds after which it is interrupted, even in the middle of synchronous code.
 * @returns undefined if it was interrupted or failed.
 */
export function boundedWork<T>(work: () => T, limit: number): T | undefined {
  let result: T | undefined;
  context.work = (): void => {
    result = work();
  };
  try {
    CALL.runInContext(context, { timeout: limit });
  } catch {
    return undefined;
  }
  return result;
}
