import { statSync } from 'node:fs';
import { errorCode } from '../../../config/error-code.js';

/**
 * Why it cannot be told from here whether there is something at a path, as the system calls it (`EACCES`, `ELOOP`, …); undefined where it can.
 */
export function whyOutOfReach(path: string): string | undefined {
  try {
    statSync(path);
    return undefined;
  } catch (error) {
    return refusalOf(error);
  }
}

/** How the system refused to look at a path; undefined where it only said that nothing is there. */
export function refusalOf(error: unknown): string | undefined {
  const code = errorCode(error) ?? String(error);
  return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : code;
}
