/** Whether a server could not start because its port is taken or its address is not one of this machine. */
export function isListenError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && error.syscall === 'listen';
}
