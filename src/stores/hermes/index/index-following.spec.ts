import type { ComparedRows } from './history-comparison.js';
import { IndexFollowing } from './index-following.js';

const NOTHING: ComparedRows = { changed: [], removed: [], next: null };

describe('following a history', () => {
  it('compares once for all who ask meanwhile, and not with what began before they asked', async () => {
    const begun: ((compared: ComparedRows) => void)[] = [];
    const history = {};
    let version = 1;
    const verified: number[] = [];
    const following = new IndexFollowing(
      {
        history,
        get dataVersion() {
          return version;
        },
        refresh: () => undefined,
        refreshIfShort: () => true,
        markVerified: (compared: number) => verified.push(compared),
      } as never,
      { snapshot: (read: (moment: object) => unknown) => Promise.resolve(read(history)) } as never,
      {
        rows: () => new Promise<ComparedRows>((done) => begun.push(done)),
        messages: () => Promise.reject(new Error('not asked for')),
        owners: () => Promise.reject(new Error('not asked for')),
      },
      {} as never,
    );
    const first = following.compareRows();
    await Promise.resolve();
    version = 2;
    const others = Array.from({ length: 40 }, () => following.compareRows());
    await allTurns();
    begun[0]?.(NOTHING);
    await first;
    await allTurns();
    expect(begun).toHaveLength(2);
    version = 3;
    const late = following.compareRows();
    begun[1]?.(NOTHING);
    await Promise.all(others);
    await allTurns();
    begun[2]?.(NOTHING);
    await late;
    expect(begun).toHaveLength(3);
    expect(verified).toEqual([1, 2, 3]);
  });

  it('goes on after a comparison that failed, of which all who shared it are told', async () => {
    const outcomes: (() => Promise<ComparedRows>)[] = [
      () => Promise.reject(new Error('out of reach')),
      () => Promise.reject(new Error('out of reach')),
      () => Promise.resolve(NOTHING),
    ];
    const history = {};
    const following = new IndexFollowing(
      {
        history,
        dataVersion: 1,
        refresh: () => undefined,
        refreshIfShort: () => true,
        markVerified: () => undefined,
      } as never,
      {
        snapshot: (read: (moment: object) => unknown) => Promise.resolve(read(history)),
        current: () => Promise.resolve(history),
      } as never,
      {
        rows: () => outcomes.shift()?.() ?? Promise.resolve(NOTHING),
        messages: () => Promise.reject(new Error()),
        owners: () => Promise.reject(new Error()),
      },
      {} as never,
    );
    const asked = [1, 2, 3].map(() => following.compareRows());
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual([
      ...['rejected', 'rejected', 'rejected'],
    ]);
    await following.compareRows();
    expect(outcomes).toEqual([]);
  });
});

/** Lets all pending callbacks run that wait for nothing external. */
function allTurns(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}
