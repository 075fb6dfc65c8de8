import { looksLikeAccident, RecentDeletions } from './loss-rule.js';

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

  it('count together for a minute', () => {
    const deletions = new RecentDeletions();
    deletions.add(3, 0);
    deletions.add(4, 30_000);
    expect([deletions.count(59_999), deletions.count(60_000), deletions.count(90_000)]).toEqual([7, 4, 0]);
  });
});
