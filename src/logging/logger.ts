import { pino, stdTimeFunctions, type Logger, type LoggerOptions } from 'pino';
import { logStream, refuseRatherThanWait } from './log-stream.js';
import { toLoggedError } from './logged-error.js';

/** Injection token of the process's logger. */
export const LOGGER = Symbol('LOGGER');

/**
 * The process's logger, which writes JSON lines. Requests and replies are never logged as objects; the redaction is a second safeguard.
 * @param descriptor standard output, or standard error if standard output carries the answer.
 */
export function createLogger(level: string, descriptor: 1 | 2 = 1): Logger {
  const options: LoggerOptions = {
    level,
    base: { pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: toLoggedError },
    redact: { paths: ['req.headers.authorization', 'headers.authorization', 'authorization'], remove: true },
  };
  refuseRatherThanWait(descriptor);
  const stream = logStream(descriptor, (lines) => {
    logger.warn({ lines }, 'lines of the log were dropped: they could not be written');
  });
  const logger = pino(options, stream);
  return logger;
}
