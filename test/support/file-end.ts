/** Clean-ups to run at the end of the current test file. */
const ends = new Set<() => unknown>();

/**
 * Registers a clean-up for the end of the current test file. The last registered one runs first.
 * @returns a function that unregisters it, so that an earlier clean-up releases the memory it holds.
 */
export function atFileEnd(clear: () => unknown): () => void {
  ends.add(clear);
  return () => {
    ends.delete(clear);
  };
}

/** Runs all clean-ups of the test file. */
export async function endFile(): Promise<void> {
  const all = [...ends].reverse();
  ends.clear();
  for (const clear of all) await clear();
}
