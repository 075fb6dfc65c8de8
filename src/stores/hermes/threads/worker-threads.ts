/**
 * The compiled file of a worker thread. Threads load JavaScript by themselves, also where the server's own
 * sources are compiled on the fly, as the tests do.
 * @param path below the folder of this store.
 */
export function workerFile(path: string): string {
  return new URL(`../../../../dist/stores/hermes/${path}`, import.meta.url).href;
}

/** Rows live for a moment only: a small space for young objects is emptied more often and costs no time to speak of. */
export const THREAD_MEMORY = { maxYoungGenerationSizeMb: 4 } as const;
