import { destination, type DestinationStream } from 'pino';

/** Most bytes of buffered lines; beyond that, lines are dropped. */
const MOST_WAITING = 1024 * 1024;

/** How often buffered lines are retried, in milliseconds. */
const RETRY = 1000;

/** How long a process that exits waits for its pipe's reader to accept the last lines, in milliseconds. */
const LAST_LINES = 1000;

/**
 * A stream of lines to a file descriptor that neither blocks nor crashes the process if it cannot write, for example to a full disk, or a
 * full pipe without a reader. Then the newest lines are dropped, and their number is logged once writing works again.
 * @param dropped logs the number of dropped lines.
 */
export function logStream(descriptor: number, dropped: (lines: number) => void): DestinationStream {
  let end = Infinity;
  const stream = destination({
    dest: descriptor,
    sync: false,
    maxLength: MOST_WAITING,
    retryEAGAIN: () => performance.now() < end,
  });
  const flushSync = stream.flushSync.bind(stream);
  let lost = 0;
  let isFailing = false;
  let retry: NodeJS.Timeout | undefined;
  stream.on('drop', () => {
    lost++;
  });
  // Without a listener the first error would end the process. The lines stay buffered, and are written with the next write.
  stream.on('error', () => {
    isFailing = true;
    retry ??= setTimeout(() => {
      retry = undefined;
      stream.write('');
    }, RETRY).unref();
  });
  stream.on('drain', () => {
    clearTimeout(retry);
    retry = undefined;
    isFailing = false;
    const lines = lost;
    lost = 0;
    if (lines > 0) dropped(lines);
  });
  // The original retries as long as the disk or pipe is full, which would keep the process from exiting.
  stream.flushSync = () => {
    if (isFailing) return;
    end = performance.now() + LAST_LINES;
    try {
      flushSync();
    } catch {
      // The last lines are lost.
    }
    end = Infinity;
  };
  return stream;
}

/**
 * Makes a pipe or socket of this process non-blocking: a write that does not fit fails instead of blocking the thread, without which the
 * process cannot exit. Node does this when its own stream for the descriptor is first accessed; files are unaffected. The descriptor must
 * not be examined before: after an `fstatSync` of a pipe, Node 20 does not follow symbolic links to modules, so that these modules do not
 * find their dependencies.
 */
export function refuseRatherThanWait(descriptor: 1 | 2): void {
  // Access is enough.
  Reflect.get(process, descriptor === 1 ? 'stdout' : 'stderr');
}
