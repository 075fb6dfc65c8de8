import { jest } from '@jest/globals';
import { ENDLESS_TURN, ReaderGate } from './reader-gate.js';

let now: number;

/** A clock that goes on while a thread reads or waits, and only then. */
beforeEach(() => {
  now = 1000;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  jest
    .spyOn(Atomics, 'wait')
    .mockImplementation((_array: unknown, _index: unknown, _value: unknown, timeout = 0) => {
      now += timeout;
      return 'timed-out';
    });
});

afterEach(() => {
  jest.restoreAllMocks();
});

function millisecondsOf(work: () => void): number {
  const begun = now;
  work();
  return now - begun;
}

/** As long as reading takes. */
function readFor(milliseconds: number): void {
  now += milliseconds;
}

describe('a reader that may be kept waiting', () => {
  it('reads at once while its turn lasts, whoever else reads', () => {
    const shared = ReaderGate.share();
    const [answering, searching] = [new ReaderGate(shared, 0), new ReaderGate(shared, 2)];
    answering.pass(() => {
      expect(millisecondsOf(() => searching.take(() => 1))).toBe(0);
    });
  });

  it('waits for all others to let go once its turn is over, but not for ever', () => {
    const shared = ReaderGate.share();
    const [answering, searching] = [new ReaderGate(shared, 0), new ReaderGate(shared, 2)];
    searching.take(() => {
      readFor(60);
      expect(searching.isOver).toBe(true);
    });
    const waited = answering.pass(() => millisecondsOf(() => searching.take(() => 1)));
    expect(waited).toBeGreaterThan(200);
    expect(searching.isOver).toBe(false);
  });

  it('begins its next turn at once where nobody else reads', () => {
    const shared = ReaderGate.share();
    const [answering, searching] = [new ReaderGate(shared, 0), new ReaderGate(shared, 2)];
    searching.take(() => {
      readFor(60);
    });
    answering.pass(() => 1);
    expect(millisecondsOf(() => searching.take(() => 1))).toBe(0);
    expect(searching.isOver).toBe(false);
  });

  it('goes on with its own turn where a read is within a read, and the turn still ends', () => {
    const shared = ReaderGate.share();
    const [answering, searching] = [new ReaderGate(shared, 0), new ReaderGate(shared, 2)];
    answering.pass(() => {
      searching.take(() => {
        readFor(60);
        expect(millisecondsOf(() => searching.take(() => 1))).toBe(0);
        expect(shared[2]).toBe(1);
        expect(searching.isOver).toBe(true);
      });
    });
    expect(shared[2]).toBe(0);
  });

  it('is never stopped in a write-ahead log', () => {
    expect(ENDLESS_TURN.take(() => 'read')).toBe('read');
    expect(ENDLESS_TURN.isOver).toBe(false);
  });
});
