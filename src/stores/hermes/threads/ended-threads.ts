import type { Piscina } from 'piscina';
import { ReaderGate, type SharedGate } from '../file/reader-gate.js';

/** Lets go for threads that end in the middle of a read, as one does that is stopped: the others would wait for it for ever. */
export function letGoOfEndedThreads(pool: Piscina, gate: SharedGate): void {
  const known = new WeakSet<object>();
  pool.on('workerCreate', () => {
    for (const thread of pool.threads) {
      if (known.has(thread)) continue;
      known.add(thread);
      // Once it has ended it has no number any more.
      const slot = ReaderGate.slotOfThread(thread.threadId);
      thread.once('exit', () => {
        ReaderGate.letGo(gate, slot);
      });
    }
  });
}
