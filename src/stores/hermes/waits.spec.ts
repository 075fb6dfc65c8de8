import { STEP } from './file/state-db-file.js';
import { FOLLOWING, LOCKED, READING, WRITING } from './waits.js';

/** The longest pause of a process that waits inside SQLite (https://sqlite.org/src/file/src/main.c, `sqliteDefaultBusyCallback`). */
const LONGEST_SQLITE_PAUSE = 100;

/** How long Hermes's connections wait inside SQLite before they try again themselves. */
const HERMES_TIMEOUT = 1000;

describe('waits for the file of Hermes', () => {
  it('give a locked file many tries, even while somebody holds the lock for long', () => {
    expect(LOCKED.shortestPause).toBeLessThan(LOCKED.longestPause);
    expect(LOCKED.longestPause + READING.lock).toBeLessThanOrEqual(LOCKED.patienceWhileHeld);
    expect(10 * (LOCKED.longestPause + READING.lock)).toBeLessThan(LOCKED.patience);
  });

  it('block the thread that answers for a tenth of a second at most', () => {
    expect(Math.max(READING.lock, WRITING.begin, WRITING.commit)).toBeLessThanOrEqual(100);
  });

  it('let a write pass the rest after another one within its patience', () => {
    expect(2 * WRITING.rest.longest + LOCKED.longestPause).toBeLessThan(LOCKED.patience);
  });

  it('hold the lock for less time than Hermes waits in one try', () => {
    expect(WRITING.held + WRITING.commit).toBeLessThan(HERMES_TIMEOUT);
    expect(READING.turn).toBeLessThan(HERMES_TIMEOUT);
  });

  it('leave the lock for several tries of a process that waits for it', () => {
    expect(WRITING.rest.longest).toBeGreaterThanOrEqual(
      3 * Math.max(LOCKED.longestPause, LONGEST_SQLITE_PAUSE),
    );
    expect(WRITING.rest.times).toBeGreaterThan(1);
  });

  it('let a thread wait for the turns of the others, and a commit for one of them', () => {
    expect(READING.gap).toBeGreaterThanOrEqual(2 * READING.turn);
    expect(WRITING.commit).toBeGreaterThan(READING.turn);
    expect(Math.max(READING.words, READING.shipped)).toBeLessThanOrEqual(READING.turn);
  });

  it('notice a change of a session within half a second, and every change at last', () => {
    expect(FOLLOWING.gather + FOLLOWING.look + FOLLOWING.rows).toBeLessThan(500);
    expect(FOLLOWING.rows).toBeLessThan(FOLLOWING.messages);
    expect([...FOLLOWING.again].sort((a, b) => a - b)).toEqual(FOLLOWING.again);
    expect(Math.max(...FOLLOWING.again)).toBeGreaterThan(STEP);
  });
});
