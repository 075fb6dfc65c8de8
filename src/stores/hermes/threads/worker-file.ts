/**
 * The compiled file of a worker thread. Threads load JavaScript by themselves, also where the server's own
 * sources are compiled on the fly, as the tests do.
 * @param path below the folder of this store.
 */
export function workerFile(path: string): string {
  return new URL(`../../../../dist/stores/hermes/${path}`, import.meta.url).href;
}
