import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ReaderGate } from '../../src/stores/hermes/file/reader-gate.js';
import { FileThreads } from '../../src/stores/hermes/threads/file-threads.js';
import { temporaryFolder } from '../support/server.js';
import { until } from '../support/wait.js';

/** A thread that takes its slot as a reader does, says so, and goes on for ever. */
const READING = `
  import { threadId } from 'node:worker_threads';
  export default function ({ gate }) {
    Atomics.store(gate, 2 + (threadId % (gate.length - 2)), 1);
    for (;;);
  }`;

describe('a thread that is ended while it reads', () => {
  const gate = ReaderGate.share();
  const isHeld = (): boolean => gate.some((_slot, at) => Atomics.load(gate, at) !== 0);
  const closers: (() => Promise<void>)[] = [];
  let threads: FileThreads;

  /** What ends the threads, as whoever opens the file anew does. */
  const close = (): Promise<unknown> => Promise.all(closers.map((end) => end()));

  beforeAll(() => {
    const program = join(temporaryFolder(), 'reading.mjs');
    writeFileSync(program, READING);
    const file = {
      source: { path: '', gate, rewrites: 0 },
      closeWith: (end: () => Promise<void>) => {
        closers.push(end);
      },
    };
    threads = new FileThreads(file, { program, most: 1, idle: 0 });
  });

  afterAll(close);

  it('keeps nobody waiting where it is given up', async () => {
    const abort = new AbortController();
    const ended = expect(threads.run({}, abort.signal)).rejects.toThrow();
    await until(isHeld, 'The thread');
    abort.abort();
    await ended;
    await until(() => !isHeld(), 'The slot');
  });

  it('keeps nobody waiting where the file is opened anew, and says that it is not there', async () => {
    const ended = expect(threads.run({})).rejects.toMatchObject({ code: 'store_unavailable' });
    await until(isHeld, 'The thread');
    await close();
    await ended;
    await until(() => !isHeld(), 'The slot');
  });
});
