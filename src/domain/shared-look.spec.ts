import { setTimeout as sleep } from 'node:timers/promises';
import { sharedLook } from './shared-look.js';

describe('a look that is shared', () => {
  it('is one for all who ask while it is under way, however long that is', async () => {
    const answers: ((seen: number) => void)[] = [];
    const ask = sharedLook(() => new Promise<number>((resolve) => answers.push(resolve)), 0);
    const asked = [ask(), ask()];
    await sleep(2);
    asked.push(ask());
    answers[0]?.(7);
    expect(await Promise.all(asked)).toEqual([7, 7, 7]);
    expect(answers).toHaveLength(1);
  });

  it('is told for a moment, and looked again behind it', async () => {
    let looks = 0;
    const ask = sharedLook(() => Promise.resolve(++looks), 20);
    expect([await ask(), await ask()]).toEqual([1, 1]);
    await sleep(25);
    expect(await ask()).toBe(2);
  });

  it('fails for all who share it, and is looked again behind that', async () => {
    let looks = 0;
    const ask = sharedLook(() => Promise.reject<number>(new Error(`failure ${++looks}`)), 0);
    await expect(Promise.all([ask(), ask()])).rejects.toThrow('failure 1');
    await sleep(1);
    await expect(ask()).rejects.toThrow('failure 2');
  });
});
