/**
 * The code of an error, as the operating system, Node.js or a driver gives it (`ENOENT`, `ERR_WORKER_INIT_FAILED`, `SQLITE_BUSY`); undefined
 * where it has none. Told by the error's form: those of the system's own parts can be of another realm, whose classes nobody here knows.
 */
export function errorCode(error: unknown): string | undefined {
  const isCoded = typeof error === 'object' && error !== null && 'code' in error;
  return isCoded && typeof error.code === 'string' ? error.code : undefined;
}
