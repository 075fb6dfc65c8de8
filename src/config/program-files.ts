import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PACKAGE_FOLDER } from './version.js';

/** Output of the compiler, one file per source; a watched server runs from here. */
const COMPILED = join(PACKAGE_FOLDER, 'build');

/** The released bundle. */
const BUNDLED = join(PACKAGE_FOLDER, 'dist');

/**
 * The URL of a worker thread's program. Threads load compiled JavaScript, even if the server's own sources are compiled on the fly, as in tests.
 * @param path of the compiled file, relative to the program's folder.
 */
export function threadFile(path: string): string {
  const folder = import.meta.dirname.startsWith(COMPILED) ? COMPILED : BUNDLED;
  return pathToFileURL(join(folder, path)).href;
}

/** The folder of the API page. */
export const API_PAGE: string = join(BUNDLED, 'api-page');

/** The folder of the console. */
export const CONSOLE_PAGE: string = join(BUNDLED, 'console/page');
