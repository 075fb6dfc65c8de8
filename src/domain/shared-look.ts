/**
 * Shares one result among all concurrent callers, and among callers shortly afterwards.
 * @param freshFor how long a result is reused, in milliseconds from when the read began.
 */
export function sharedLook<T>(look: () => Promise<T>, freshFor: number): () => Promise<T> {
  let seen: Promise<T> | undefined;
  let isLooking = false;
  let staleAt = -Infinity;
  return () => {
    if (seen !== undefined && (isLooking || performance.now() < staleAt)) return seen;
    isLooking = true;
    staleAt = performance.now() + freshFor;
    seen = look().finally(() => {
      isLooking = false;
    });
    return seen;
  };
}
