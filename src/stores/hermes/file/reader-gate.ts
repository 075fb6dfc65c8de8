import type { Database } from 'better-sqlite3';

/** How long this process may go on reading in one piece where that keeps the file's owner from committing, in milliseconds. */
const HOLD = 50;

/** The longest wait for the others to let go, in milliseconds; then somebody among them has died. */
const LONGEST_WAIT = 250;

/** Connections that can read at a time: the thread that answers, the index thread, and search threads. */
const SLOTS = 64;
export const ANSWERING_SLOT = 0;

/** How somebody reads who may be kept waiting. */
export interface ReadingTurns {
  /** Runs `read`, which must not wait for anything, when it may begin. */
  take<T>(read: () => T): T;
  /** Whether a read that goes on should end, and go on in another turn. */
  readonly isOver: boolean;
}

/** In a write-ahead log readers keep nobody waiting. */
export const ENDLESS_TURN: ReadingTurns = { take: (read) => read(), isOver: false };

/** The turns of a connection, by the journal mode of its file. */
export function turnsOf(db: Database, gate: ReaderGate): ReadingTurns {
  return db.pragma('journal_mode', { simple: true }) === 'wal' ? ENDLESS_TURN : gate;
}

/** What the threads of a process share about who of them is reading. */
export type SharedGate = Int32Array<SharedArrayBuffer>;

/**
 * Sees to it that the threads of this process let go of the file all at once, again and again.
 *
 * Where the journal mode is DELETE, a commit waits until nobody reads, and new readers wait behind it. But POSIX knows
 * locks of processes only: while one thread reads, SQLite lets another thread of its process in without asking for a lock
 * (https://sqlite.org/src/file/src/os_unix.c, `unixLock`), also past a writer that waits. Threads whose reads overlap
 * would so keep the owner out for as long as they have something to read.
 */
export class ReaderGate implements ReadingTurns {
  /** When this process was last seen to hold no lock; by `performance.now()`. */
  #lastGap = performance.now();

  /** @param slot which of the connections this is; those of one process must differ. */
  constructor(
    private readonly shared: SharedGate,
    private readonly slot: number,
  ) {}

  static share(): SharedGate {
    return new Int32Array(new SharedArrayBuffer(SLOTS * Int32Array.BYTES_PER_ELEMENT));
  }

  /** The slot of a search thread, of which each has another number. */
  static slotOfThread(threadId: number): number {
    return 2 + (threadId % (SLOTS - 2));
  }

  /** Says that a thread reads no more which was ended in the middle of it and could not say so. */
  static letGo(shared: SharedGate, slot: number): void {
    Atomics.store(shared, slot, 0);
  }

  /** Reads while it is known that this thread does. `read` must not wait for anything. */
  pass<T>(read: () => T): T {
    Atomics.store(this.shared, this.slot, 1);
    try {
      return read();
    } finally {
      Atomics.store(this.shared, this.slot, 0);
    }
  }

  /** As {@link pass}, on a thread that may be kept waiting: not before all others have let go, where that is long ago. */
  take<T>(read: () => T): T {
    // A read within a read is part of it: who waited here for the others would hold the lock meanwhile.
    if (Atomics.load(this.shared, this.slot) !== 0) return read();
    if (this.isOver) this.#awaitGap();
    return this.pass(read);
  }

  get isOver(): boolean {
    return performance.now() - this.#lastGap > HOLD;
  }

  #awaitGap(): void {
    const end = performance.now() + LONGEST_WAIT;
    while (this.#isAnybodyElseReading() && performance.now() < end) sleep(1);
    this.#lastGap = performance.now();
  }

  #isAnybodyElseReading(): boolean {
    return this.shared.some((_reading, slot) => slot !== this.slot && Atomics.load(this.shared, slot) !== 0);
  }
}

/** Does nothing for some milliseconds; nobody else runs on this thread. */
function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
