import { createContext, Script } from 'node:vm';

/** V8 interrupts what runs in a script of its own, whatever that calls; it is no sandbox. */
const CALL = new Script('work()', { filename: 'bounded-work' });
const context = createContext({ work: undefined });

/**
 * Does work that a hostile text can make endless or too deep for the stack.
 * @param limit milliseconds after which it is interrupted, even where it never looks at the clock.
 * @returns undefined where it was interrupted or failed.
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
