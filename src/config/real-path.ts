import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A path with symbolic links resolved; for a missing path, those of its nearest existing ancestor. */
export function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  return dirname(path) === path ? path : join(realPath(dirname(path)), path.slice(dirname(path).length));
}
