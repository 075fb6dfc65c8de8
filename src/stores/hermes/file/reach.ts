import { statSync } from 'node:fs';
import { errorCode } from '../../../config/error-code.js';

/** The system's code for why a path cannot be checked from here (`EACCES`, `ELOOP`, …); undefined if it is known whether something is there. */
export function whyOutOfReach(path: string): string | undefined {
  try {
    statSync(path);
    return undefined;
  } catch (error) {
    return refusalOf(error);
  }
}

/** The code with which the system refused to check a path; undefined if it only reported that nothing is there. */
export function refusalOf(error: unknown): string | undefined {
  const code = errorCode(error) ?? String(error);
  return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : code;
}
