import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PACKAGE_FOLDER } from './version.js';

/** Where each source is compiled to a file of its own, from which a watched server runs. */
const COMPILED = join(PACKAGE_FOLDER, 'build');

/** Where all of it is bundled, as it is released. */
const BUNDLED = join(PACKAGE_FOLDER, 'dist');

/**
 * The address of a program that a thread runs. Threads load JavaScript by themselves, also where the server's own sources are
 * compiled on the fly, as the tests do.
 * @param path of the compiled file, below the folder of the program.
 */
export function threadFile(path: string): string {
  const folder = import.meta.dirname.startsWith(COMPILED) ? COMPILED : BUNDLED;
  return pathToFileURL(join(folder, path)).href;
}

/** Where the files of the API page lie. */
export const API_PAGE: string = join(BUNDLED, 'api-page');

/** Where the page of the console lies. */
export const CONSOLE_PAGE: string = join(BUNDLED, 'console/page');
