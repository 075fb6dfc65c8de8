import type { Database } from 'better-sqlite3';
import { READING } from '../waits.js';

/** Connections that can read at a time: the thread that answers, the index thread, and search threads. */
const SLOTS = 64;
export const ANSWERING_SLOT = 0;

/** When a reader that can wait may read. */
export interface ReadingTurns {
  /** Runs `read`, which must be synchronous, when its turn comes. */
  take<T>(read: () => T): T;
  /** Whether a long read should stop and continue in another turn. */
  readonly isOver: boolean;
}

/** In WAL mode readers block nobody. */
export const ENDLESS_TURN: ReadingTurns = { take: (read) => read(), isOver: false };

/** The turns of a connection, by the journal mode of its file. */
export function turnsOf(db: Database, gate: ReaderGate): ReadingTurns {
  return db.pragma('journal_mode', { simple: true }) === 'wal' ? ENDLESS_TURN : gate;
}

/** Which threads of a process are reading, in memory that they share. */
export type SharedGate = Int32Array<SharedArrayBuffer>;

/**
 * Makes all threads of this process release the file at the same time, again and again.
 *
 * In journal mode DELETE, a commit waits until nobody reads, and new readers wait behind it. But POSIX locks belong to processes: while one thread
 * reads, SQLite lets another thread of its process in without asking for a lock (https://sqlite.org/src/file/src/os_unix.c, `unixLock`), even past a
 * waiting writer. Threads with overlapping reads would thus keep the owner out for as long as they have something to read.
 */
export class ReaderGate implements ReadingTurns {
  /** When this process last held no lock; by `performance.now()`. */
  #lastGap = performance.now();

  /** @param slot the number of this connection, unique in the process. */
  constructor(
    private readonly shared: SharedGate,
    private readonly slot: number,
  ) {}

  static share(): SharedGate {
    return new Int32Array(new SharedArrayBuffer(SLOTS * Int32Array.BYTES_PER_ELEMENT));
  }

  /** The slot of a search thread, by its thread id. */
  static slotOfThread(threadId: number): number {
    return 2 + (threadId % (SLOTS - 2));
  }

  /** Marks a thread as no longer reading, after it was terminated during a read and could not do so itself. */
  static letGo(shared: SharedGate, slot: number): void {
    Atomics.store(shared, slot, 0);
  }

  /** Reads, and marks this thread as reading meanwhile. `read` must be synchronous. */
  pass<T>(read: () => T): T {
    Atomics.store(this.shared, this.slot, 1);
    try {
      return read();
    } finally {
      Atomics.store(this.shared, this.slot, 0);
    }
  }

  /** Like {@link pass}, for a thread that can wait: if the last gap is long ago, it first waits until all others have stopped reading. */
  take<T>(read: () => T): T {
    // A nested read is part of the outer one: waiting here for the others would hold the lock meanwhile.
    if (Atomics.load(this.shared, this.slot) !== 0) return read();
    if (this.isOver) this.#awaitGap();
    return this.pass(read);
  }

  get isOver(): boolean {
    return performance.now() - this.#lastGap > READING.turn;
  }

  #awaitGap(): void {
    const end = performance.now() + READING.gap;
    while (this.#isAnybodyElseReading() && performance.now() < end) sleep(1);
    this.#lastGap = performance.now();
  }

  #isAnybodyElseReading(): boolean {
    return this.shared.some((_reading, slot) => slot !== this.slot && Atomics.load(this.shared, slot) !== 0);
  }
}

/** Blocks this thread for some milliseconds. */
function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
