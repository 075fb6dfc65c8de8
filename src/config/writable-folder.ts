import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Whether a folder can be written, or made where the first folder on the way is that exists. */
export function isWritableFolder(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return statSync(folder).isDirectory();
  } catch {
    return !existsSync(folder) && dirname(folder) !== folder && isWritableFolder(dirname(folder));
  }
}

/** The folder itself, or the first one on the way to where it would be that exists. */
export function existingFolder(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existingFolder(dirname(folder));
}
