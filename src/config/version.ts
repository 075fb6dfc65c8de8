import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const MANIFEST = manifestAbove(import.meta.dirname);

/** The folder of this package. */
export const PACKAGE_FOLDER: string = dirname(MANIFEST);

/** The version in this package's `package.json`. */
export const VERSION: string = versionOf(MANIFEST);

/** The nearest `package.json`: sources and compiled files have different depths below it. */
function manifestAbove(folder: string): string {
  const path = join(folder, 'package.json');
  return existsSync(path) || folder === dirname(folder) ? path : manifestAbove(dirname(folder));
}

function versionOf(path: string): string {
  const manifest: unknown = JSON.parse(readFileSync(path, { encoding: 'utf8' }));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '0.0.0';
}
