import { whyTooNarrow } from './address-space.js';
import type { Settings } from '../config/settings.js';

/**
 * Starts a server at the configured address.
 * @returns the exit code: 0 once it listens, 1 if it cannot, after printing what to do about it.
 */
export async function orSayWhyNot(settings: Settings, start: () => Promise<unknown>): Promise<number> {
  const reason = whyTooNarrow();
  if (reason !== undefined) {
    process.stderr.write(`${reason}\n`);
    return 1;
  }
  try {
    await start();
    return 0;
  } catch (error) {
    if (!isListenError(error)) throw error;
    process.stderr.write(`${remedyOf(error, settings)}\n`);
    return 1;
  }
}

/** Whether a server could not start because its port is taken or its address is not one of this machine. */
function isListenError(error: unknown): error is NodeJS.ErrnoException {
  return (
    error instanceof Error && 'syscall' in error && ['listen', 'getaddrinfo'].includes(String(error.syscall))
  );
}

function remedyOf({ code, message }: NodeJS.ErrnoException, { HOST, PORT }: Settings): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${PORT} on ${HOST} is already in use. Choose another with --port or PORT; 0 picks a free one.`;
    case 'EACCES':
      return `This user is not allowed to listen on port ${PORT}. Choose one above 1023 with --port or PORT.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${HOST} is not an address of this machine. Choose one with --host or HOST.`;
    default:
      return message;
  }
}
