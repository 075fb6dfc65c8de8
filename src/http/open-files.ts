import type { Logger } from 'pino';

/** Part of the files a process may have open that may be connections: a request can need others, such as a connection to what it is passed on to. */
const PART_OF_CONNECTIONS = 1 / 2;

/** How many connections there may be where so many are wished: some, where the process may open few files, are said to be left out. */
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

/** Files that this process may have open at a time, of which Node.js takes all that it may have; Infinity where the system does not say. */
function mostOpenFiles(): number {
  const report = process.report.getReport() as unknown as {
    readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } };
  };
  const soft = report.userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : Infinity;
}
