import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A path without links; of what does not exist yet, by the first folder on the way that does. */
export function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  return dirname(path) === path ? path : join(realPath(dirname(path)), path.slice(dirname(path).length));
}
