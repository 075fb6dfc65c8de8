import { ENDLESS_TURN, ReaderGate } from './reader-gate.js';

function millisecondsOf(work: () => void): number {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}

/** Keeps this thread busy, as reading does. */
function readFor(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

describe('a reader that may be kept waiting', () => {
  it('reads at once while its turn lasts, whoever else reads', () => {
    const shared = ReaderGate.share();
    const [answering, searching] = [new ReaderGate(shared, 0), new ReaderGate(shared, 2)];
    answering.pass(() => {
      expect(millisecondsOf(() => searching.take(() => 1))).toBeLessThan(40);
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
    expect(millisecondsOf(() => searching.take(() => 1))).toBeLessThan(40);
    expect(searching.isOver).toBe(false);
  });

  it('goes on with its own turn where a read is within a read, and the turn still ends', () => {
    const shared = ReaderGate.share();
    const [answering, searching] = [new ReaderGate(shared, 0), new ReaderGate(shared, 2)];
    answering.pass(() => {
      searching.take(() => {
        readFor(60);
        expect(millisecondsOf(() => searching.take(() => 1))).toBeLessThan(40);
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
