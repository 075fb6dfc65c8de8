import { destination, type DestinationStream } from 'pino';

/** Bytes of lines that wait for a disk with room; those beyond are dropped. */
const MOST_WAITING = 1024 * 1024;

/** How often it is tried again to write what waits, in milliseconds. */
const RETRY = 1000;

/** How long a process that ends waits for whoever reads its pipe to make room for the last lines, in milliseconds. */
const LAST_LINES = 1000;

/**
 * Lines for a file descriptor that keep nobody waiting and end no process, also where they cannot be written, as on a full disk or in a full
 * pipe that nobody reads: the newest are dropped then, and how many is said once there is room.
 * @param dropped makes the line that says how many were dropped.
 */
export function logStream(descriptor: number, dropped: (lines: number) => void): DestinationStream {
  let end = Infinity;
  const stream = destination({
    ...{ dest: descriptor, sync: false, maxLength: MOST_WAITING },
    retryEAGAIN: () => performance.now() < end,
  });
  const flushSync = stream.flushSync.bind(stream);
  let lost = 0;
  let isFailing = false;
  let retry: NodeJS.Timeout | undefined;
  stream.on('drop', () => {
    lost++;
  });
  // Without a listener the first error ends the process. The lines are kept, and written with the next one.
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
  // It tries for as long as the disk or the pipe is full, which would keep a process from its end.
  stream.flushSync = () => {
    if (isFailing) return;
    end = performance.now() + LAST_LINES;
    try {
      flushSync();
    } catch {
      // Nobody reads the last lines.
    }
    end = Infinity;
  };
  return stream;
}

/**
 * Has the system refuse what a pipe or a socket of this process has no room for, rather than keep the thread that writes waiting: without that
 * thread no process ends. Node does so once its own stream of the descriptor is asked for, and leaves files as they are. What the descriptor is must
 * not be looked at before: behind an `fstatSync` of a pipe, Node 20 takes links to modules for the modules themselves, which then find nothing that
 * they need.
 */
export function refuseRatherThanWait(descriptor: 1 | 2): void {
  // To be asked for is all that it takes.
  Reflect.get(process, descriptor === 1 ? 'stdout' : 'stderr');
}
