import { sharedLook } from './shared-look.js';

describe('a look that is shared', () => {
  it('is one for all who ask while it is under way, however long that is', async () => {
    const answers: ((seen: number) => void)[] = [];
    const ask = sharedLook(() => new Promise<number>((resolve) => answers.push(resolve)), 0);
    const asked = [ask(), ask()];
    await Promise.resolve();
    asked.push(ask());
    answers[0]?.(7);
    expect(await Promise.all(asked)).toEqual([7, 7, 7]);
    expect(answers).toHaveLength(1);
  });

  it.each([
    ['is told for a while', 1e9, [1, 1]],
    ['is looked again behind that', 0, [1, 2]],
  ])('%s', async (_what, freshFor, seen) => {
    let looks = 0;
    const ask = sharedLook(() => Promise.resolve(++looks), freshFor);
    expect([await ask(), await ask()]).toEqual(seen);
  });

  it('fails for all who share it, and is looked again behind that', async () => {
    let looks = 0;
    const ask = sharedLook(() => Promise.reject<number>(new Error(`failure ${++looks}`)), 0);
    await expect(Promise.all([ask(), ask()])).rejects.toThrow('failure 1');
    await expect(ask()).rejects.toThrow('failure 2');
  });
});
