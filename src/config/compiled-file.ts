/**
 * The address of a compiled file. Threads load JavaScript by themselves, also where the server's own sources are compiled
 * on the fly, as the tests do.
 * @param path below the folder of the compiled program.
 */
export function compiledFile(path: string): string {
  return new URL(`../../dist/${path}`, import.meta.url).href;
}
