import type { Logger } from 'pino';

/**
 * Fraction of the process's open-file limit that may be connections. A request can need further files, such as a connection to the upstream server.
 */
const PART_OF_CONNECTIONS = 1 / 2;

/** Limits the wanted number of connections to what the open-file limit allows, and logs a warning if it is lower. */
export function connectionsWithinFiles(wished: number, logger: Logger): number {
  const files = mostOpenFiles();
  const most = Math.max(1, Math.floor(files * PART_OF_CONNECTIONS));
  if (wished <= most) return wished;
  logger.warn(
    { max_connections: most, open_files: files },
    'MAX_CONNECTIONS is more than half of the files that this process may have open (ulimit -n): there will be fewer connections.',
  );
  return most;
}

/** The soft limit of open files, which Node.js raises to the hard limit at its start; Infinity if the system does not tell. */
function mostOpenFiles(): number {
  const report = process.report.getReport() as unknown as {
    readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } };
  };
  const soft = report.userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : Infinity;
}
