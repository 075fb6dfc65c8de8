import { jest } from '@jest/globals';
import { busyFailure } from './sqlite-failure.js';
import { SharedRetry } from './retry.js';

const POLICY = { deadline: 300, minimumDelay: 5, maximumDelay: 10, random: () => 0.5 };

describe('readers of a file that is locked', () => {
  let isLocked: boolean;
  let tries: number;

  beforeEach(() => {
    isLocked = true;
    tries = 0;
  });

  function attempt(): string {
    tries++;
    if (isLocked) throw busyFailure('database is locked');
    return 'read';
  }

  it('try one by one, and all read once it is free', async () => {
    const retry = new SharedRetry(POLICY);
    const reads = Array.from({ length: 50 }, () => retry.run(attempt, () => undefined));
    // Before any timer, however long this has taken.
    await new Promise<void>((resolve) => {
      process.nextTick(resolve);
    });
    expect(tries).toBe(1);
    isLocked = false;
    expect(new Set(await Promise.all(reads))).toEqual(new Set(['read']));
    expect(tries).toBe(51);
  });

  it('are told that it is locked once their time is over, without a try of each', async () => {
    const retry = new SharedRetry(POLICY);
    const reads = Array.from({ length: 50 }, () => retry.run(attempt, () => undefined));
    const ended = await Promise.allSettled(reads);
    expect(new Set(ended.map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(tries).toBeLessThan(150);
  });

  it('wait shortly for what was locked for all of the last wait, until it is free', async () => {
    let now = 1000;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
    // Time passes by the tries alone.
    const policy = { deadline: 2000, minimumDelay: 0, maximumDelay: 0, random: (): number => (now += 50) };
    const retry = new SharedRetry(policy);
    const run = async (): Promise<number> => {
      const begun = now;
      await retry.run(attempt, () => undefined).catch(() => undefined);
      return now - begun;
    };
    expect(await run()).toBeGreaterThanOrEqual(2000);
    expect(await run()).toBeLessThan(300);
    isLocked = false;
    await run();
    isLocked = true;
    expect(await run()).toBeGreaterThanOrEqual(2000);
    clock.mockRestore();
  });

  it('go on where one of them fails with something else', async () => {
    const retry = new SharedRetry(POLICY);
    const first = retry.run(
      () => {
        if (tries++ === 0) throw busyFailure('database is locked');
        throw new Error('something else');
      },
      () => undefined,
    );
    isLocked = false;
    const second = retry.run(attempt, () => undefined);
    await expect(first).rejects.toThrow('something else');
    await expect(second).resolves.toBe('read');
  });
});
