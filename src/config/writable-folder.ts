import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Whether a folder is writable, or could be created in its nearest existing ancestor. */
export function isWritableFolder(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return statSync(folder).isDirectory();
  } catch {
    return !existsSync(folder) && dirname(folder) !== folder && isWritableFolder(dirname(folder));
  }
}

/** The folder itself, or its nearest existing ancestor. */
export function existingFolder(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existingFolder(dirname(folder));
}
