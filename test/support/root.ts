import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of this project, both for sources and for compiled files. */
export const ROOT = folderWithManifest(import.meta.dirname);

function folderWithManifest(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : folderWithManifest(dirname(folder));
}
