import { getSystemErrorMap } from 'node:util';

/**
 * The code of an error from the operating system, Node.js or a driver (`ENOENT`, `ERR_WORKER_INIT_FAILED`, `SQLITE_BUSY`); undefined if it has none.
 * Checked by shape instead of `instanceof`: Node's internals can throw errors of another realm.
 */
export function errorCode(error: unknown): string | undefined {
  const isCoded = typeof error === 'object' && error !== null && 'code' in error;
  return isCoded && typeof error.code === 'string' ? error.code : undefined;
}

/** The system's reason for an error, such as "permission denied"; undefined if the error is not the system's. Checked by shape as well. */
export function systemReason(error: unknown): string | undefined {
  const isOfSystem = typeof error === 'object' && error !== null && 'syscall' in error && 'errno' in error;
  return isOfSystem && typeof error.errno === 'number'
    ? getSystemErrorMap().get(error.errno)?.[1]
    : undefined;
}
