/** What is cleared away when the file of tests that runs now has ended. */
const ends = new Set<() => unknown>();

/**
 * Clears something away when the file of tests that runs now has ended: what was made last first.
 * @returns what takes that back: what was cleared away earlier can be let go of, and all that it holds.
 */
export function atFileEnd(clear: () => unknown): () => void {
  ends.add(clear);
  return () => {
    ends.delete(clear);
  };
}

/** Clears everything away that the file of tests has left behind. */
export async function endFile(): Promise<void> {
  const all = [...ends].reverse();
  ends.clear();
  for (const clear of all) await clear();
}
