/** What is cleared away when the file of tests that runs now has ended. */
const ends: (() => unknown)[] = [];

/** Clears something away when the file of tests that runs now has ended: what was made last first. */
export function atFileEnd(clear: () => unknown): void {
  ends.push(clear);
}

/** Clears everything away that the file of tests has left behind. */
export async function endFile(): Promise<void> {
  for (const clear of ends.splice(0).reverse()) await clear();
}
