import { jest } from '@jest/globals';
import { WritingPace } from './writing-pace.js';

/** Holds the lock for the given milliseconds. */
function hold(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

describe('the pace of writes', () => {
  it('lets each have its turn, also beside one that writes again at once', async () => {
    const pace = new WritingPace();
    const order: string[] = [];
    const write = (name: string): Promise<void> =>
      pace.next(
        () => {
          order.push(name);
          hold(2);
        },
        () => undefined,
      );
    const again = async (): Promise<void> => {
      for (let number = 0; number < 20; number++) await write('again');
    };
    const all = again();
    await write('another');
    await write('another');
    await all;
    expect(order.filter((name) => name === 'another')).toHaveLength(2);
    expect(order.lastIndexOf('another')).toBeLessThan(6);
  });

  it('rests after a long write no longer than the owner needs to see it, and refuses nobody for that', async () => {
    const pace = new WritingPace();
    // As after a deletion of many megabytes: twice as long would exceed the longest wait of the others.
    pace.rest(60_000);
    const others = ['one', 'two', 'three'].map((name) =>
      pace.next(
        () => name,
        () => undefined,
      ),
    );
    expect(await Promise.all(others)).toEqual(['one', 'two', 'three']);
  });

  it('keeps nobody in line for longer than some seconds, however long the write before takes', async () => {
    jest.useFakeTimers();
    try {
      const pace = new WritingPace();
      let finish = (): void => undefined;
      const long = pace.next(
        () => new Promise<void>((done) => (finish = done)),
        () => undefined,
      );
      const other = expect(
        pace.next(
          () => 'written',
          () => undefined,
        ),
      ).rejects.toMatchObject({ code: 'SQLITE_BUSY' });
      await jest.advanceTimersByTimeAsync(5000);
      await other;
      finish();
      await long;
    } finally {
      jest.useRealTimers();
    }
  });

  it('goes on behind a write that fails', async () => {
    const pace = new WritingPace();
    const failed = pace.next(
      () => {
        throw new Error('no');
      },
      () => undefined,
    );
    const next = pace.next(
      () => 'written',
      () => undefined,
    );
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('written');
  });
});
