import { isHollow, isLargeLoss, looksLikeAccident } from './loss-rule.js';

describe('sessions that a file has no more', () => {
  it.each([
    // known, missing, another file
    [1, 1, false],
    [67, 67, false],
    [5, 4, false],
    [8, 7, false],
    [100, 21, false],
    [150, 21, false],
    [1000, 101, false],
    [1000, 1, true],
    [67, 10, true],
  ])('look like an accident: of %i the number of %i, in another file: %s', (known, missing, isOtherFile) => {
    expect(looksLikeAccident({ known, missing, isOtherFile })).toBe(true);
  });

  it.each([
    [2, 1, false],
    [8, 2, false],
    [4, 3, false],
    [100, 20, false],
    [1000, 100, false],
    [0, 0, false],
    [67, 0, true],
  ])('do not: of %i the number of %i, in another file: %s', (known, missing, isOtherFile) => {
    expect(looksLikeAccident({ known, missing, isOtherFile })).toBe(false);
  });
});

describe('messages that a file has no more', () => {
  it.each([
    [1, 0, true],
    [4, 1, false],
    [100, 24, true],
    [100, 25, false],
    [0, 0, false],
    [3, 5, false],
  ])('make a session of %i with %i left count as missing: %s', (before, after, expected) => {
    expect(isHollow(before, after)).toBe(expected);
  });

  it.each([
    [1000, 100, false],
    [1000, 101, true],
    [5, 1, true],
    [0, 0, false],
  ])('are many, of %i the number of %i: %s', (known, lost, expected) => {
    expect(isLargeLoss(known, lost)).toBe(expected);
  });
});
