import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Piscina } from 'piscina';
import { ReaderGate } from '../../src/stores/hermes/file/reader-gate.js';
import { letGoOfEndedThreads } from '../../src/stores/hermes/threads/ended-threads.js';
import { temporaryFolder } from '../support/server.js';
import { until } from '../support/wait.js';

/** A thread that takes its slot as a reader does, says so, and goes on for ever. */
const READING = `
  import { threadId } from 'node:worker_threads';
  export default function ({ gate, slots }) {
    Atomics.store(gate, 2 + (threadId % (slots - 2)), 1);
    for (;;);
  }`;

it('a thread that is ended while it reads keeps nobody waiting', async () => {
  const gate = ReaderGate.share();
  const isHeld = (): boolean => gate.some((_slot, at) => Atomics.load(gate, at) !== 0);
  const filename = join(temporaryFolder(), 'reading.mjs');
  writeFileSync(filename, READING);
  const pool = new Piscina({ filename, maxThreads: 1 });
  letGoOfEndedThreads(pool, gate);
  const abort = new AbortController();
  const reading = pool.run({ gate, slots: gate.length }, { signal: abort.signal });
  const ended = expect(reading).rejects.toThrow();
  await until(isHeld, 'The thread');
  abort.abort();
  await ended;
  await until(() => !isHeld(), 'The slot');
  await pool.destroy();
});
