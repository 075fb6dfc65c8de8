/**
 * Looks once for all who ask meanwhile, and for whoever asks a moment later: however many ask, they cost what one does.
 * @param freshFor how long what was seen is told, in milliseconds from when it was looked.
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
