/*
 * How long this server waits for Hermes, and lets Hermes wait. All times are in milliseconds. Waits for files of this server alone (the index, its
 * lock) are in the files that use them.
 *
 * A read or a write asks SQLite first, which blocks its thread: `READING.lock` or `WRITING.begin`. If the file is still locked, it tries again from
 * outside SQLite until `LOCKED.patience` is over; then the answer is 503 `store_busy`. A write spends the same time in line behind other writes of
 * this server: both times begin with the request, so that together they take `LOCKED.patience`, one more pause, and what the last try takes.
 * Only commits come on top, since a commit that gives up wastes the work done.
 *
 * In return, Hermes waits for one transaction of this server (`WRITING.held` and a commit; a deletion takes one transaction, however large it is), or
 * for one turn of its readers (`READING.turn`, with a rollback journal only), and then has the file to itself for `WRITING.rest`.
 */

/** How a locked file is tried again. */
export const LOCKED = {
  patience: 4000,
  /** The pause between two tries is random, like Hermes's own, so that neither side starves the other. */
  shortestPause: 20,
  longestPause: 150,
  /** In place of `patience` if the file stayed locked for all of the last wait: whoever rebuilds it holds the lock for minutes. */
  patienceWhileHeld: 200,
} as const;

export const WRITING = {
  /** How long SQLite itself waits to begin. */
  begin: 5,
  /** How long SQLite itself waits to commit, with a rollback journal: current readers have to finish first, at most searches of this server. */
  commit: 100,
  /** The same on a thread or in a process of its own, which delays no answer. */
  commitElsewhere: 2000,
  /**
   * How long one transaction continues with further sessions or messages. The lock is held in addition for what it reads before the first one, and
   * for the commit.
   */
  held: 30,
  /**
   * How long no other write begins here after one: `times` the duration for which it held the lock, but at most `longest`, in which a process that
   * waits for the lock checks it several times.
   */
  rest: { times: 2, longest: 500 },
} as const;

export const READING = {
  /** How long SQLite itself waits for a lock on the thread that answers. */
  lock: 50,
  /** The same on a thread of its own, which delays no answer. */
  lockElsewhere: 2000,
  /** How long the threads of this server may read without a gap while that blocks commits of the file's owner. */
  turn: 50,
  /** The longest wait of one thread for the gap, in which no other reads; after that, one of them must have died. */
  gap: 250,
  /** How long one read of the words of an index takes: a search waits no longer for a thread that reads them. */
  words: 50,
  /** How long one snapshot is read to be sent elsewhere. */
  shipped: 8,
  /** How long a damaged place is not read again: the read may be a long one. */
  damaged: 1000,
  /** How long a file with a write-ahead log stays closed after it could not be read. */
  closed: 1000,
} as const;

/** How soon a change of the file is noticed. */
export const FOLLOWING = {
  /** How often to check that the operating system reports changes; each check takes one or two `stat` calls. */
  check: 5000,
  /** How often the file counts as changed if the operating system does not report changes. */
  poll: 100,
  /**
   * Delays after a notification at which listeners are told again, one after the other. In WAL mode the system reports that a commit is being
   * written. The commit becomes readable once it is on the disk, some hundredths of a second to seconds later, and nothing reports that
   * (https://sqlite.org/walformat.html: it is published in shared memory).
   */
  again: [25, 75, 200, 500, 1000, 3000, 10_000],
  /** How long to gather writes before a look, since several of one turn come together. */
  gather: 10,
  /** How long to wait before looking again at a history that could not be read. */
  unreadable: 500,
  /** How often a changed file is looked at until the index is known to be equal to it. */
  look: 50,
  /** Shortest interval between comparisons of all session rows while the file changes: anything is noticed within half a second. */
  rows: 250,
  /** Shortest interval between searches for message changes that leave no trace in a session row. */
  messages: 5000,
  /** How often Hermes's folder is checked for added and removed profiles. */
  profiles: 1000,
} as const;
