import { RepeatedWarning } from './repeated-warning.js';

describe('a warning of what goes on', () => {
  const said: string[] = [];
  let warning: RepeatedWarning;

  beforeEach(() => {
    said.length = 0;
    warning = new RepeatedWarning({ warn: (text: string) => said.push(text) });
  });

  it('is said at once, and again after ten minutes', () => {
    for (const now of [0, 1000, 599_999]) warning.warn('The disk is full.', now);
    expect(said).toEqual(['The disk is full.']);
    warning.warn('The disk is full.', 600_000);
    expect(said).toHaveLength(2);
  });

  it('is said once in ten minutes where it takes turns with others', () => {
    for (let now = 0; now < 599_999; now += 1000)
      warning.warn(now % 2000 === 0 ? 'The disk is full.' : 'Nobody answers.', now);
    expect(said).toEqual(['The disk is full.', 'Nobody answers.']);
    warning.warn('The disk is full.', 600_000);
    expect(said).toHaveLength(3);
  });

  it('is said at once where it is another one, or where it was over meanwhile', () => {
    warning.warn('The disk is full.', 0);
    warning.warn('Nobody answers.', 1);
    expect([warning.end(), warning.end()]).toEqual([true, false]);
    warning.warn('Nobody answers.', 2);
    expect(said).toEqual(['The disk is full.', 'Nobody answers.', 'Nobody answers.']);
  });
});
