/**
 * The code of an error from the operating system, Node.js or a driver (`ENOENT`, `ERR_WORKER_INIT_FAILED`, `SQLITE_BUSY`); undefined if it has none.
 * Checked by shape instead of `instanceof`: Node's internals can throw errors of another realm.
 */
export function errorCode(error: unknown): string | undefined {
  const isCoded = typeof error === 'object' && error !== null && 'code' in error;
  return isCoded && typeof error.code === 'string' ? error.code : undefined;
}
