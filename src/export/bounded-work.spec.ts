import { boundedWork } from './bounded-work.js';

describe('bounded work', () => {
  it('gives what the work gave', () => {
    expect(boundedWork(() => 'done', 10_000)).toBe('done');
  });

  it('is interrupted where it would never end', () => {
    const endless = (): void => {
      for (;;);
    };
    expect(boundedWork(endless, 50)).toBeUndefined();
    expect(boundedWork(() => 'the next one', 10_000)).toBe('the next one');
  });

  it('is left where it goes too deep', () => {
    const deeper = (): number => deeper() + 1;
    expect(boundedWork(deeper, 10_000)).toBeUndefined();
  });
});
