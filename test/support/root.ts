import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of this project, from its sources as from what was compiled of them. */
export const ROOT = folderWithManifest(import.meta.dirname);

function folderWithManifest(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : folderWithManifest(dirname(folder));
}
