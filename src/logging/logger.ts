import { pino, stdTimeFunctions, type DestinationStream, type Logger, type LoggerOptions } from 'pino';
import { toLoggedError } from './logged-error.js';

/** The provider of the process's logger. */
export const LOGGER = Symbol('LOGGER');

/**
 * The process's logger: JSON lines, on standard output where nothing else is said.
 * Requests and replies are never logged as objects; the redaction is a second lock on the same door.
 */
export function createLogger(level: string, stream: DestinationStream = process.stdout): Logger {
  const options: LoggerOptions = {
    level,
    base: { pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: toLoggedError },
    redact: { paths: ['req.headers.authorization', 'headers.authorization', 'authorization'], remove: true },
  };
  return stream === process.stdout ? pino(options) : pino(options, stream);
}
