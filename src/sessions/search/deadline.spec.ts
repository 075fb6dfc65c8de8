import { Deadline, DeadlineError, isDoneInTime } from './deadline.js';

function checking(deadline: Deadline): () => void {
  return () => {
    deadline.check();
  };
}

describe('a deadline', () => {
  it('has time for a part of what is left', () => {
    const { left } = new Deadline(60_000).part(0.5).part(0.5);
    expect(left).toBeGreaterThan(14_000);
    expect(left).toBeLessThanOrEqual(15_000);
  });

  it('has none for any part of what is over', () => {
    const over = new Deadline(-1);
    for (const deadline of [over, over.part(0.5), over.part(0.5).part(0.5)])
      expect(checking(deadline)).toThrow(DeadlineError);
    expect(over.left).toBe(1);
  });

  it('says whether work was done, and hides no other failure', () => {
    expect(isDoneInTime(checking(new Deadline(60_000)))).toBe(true);
    expect(isDoneInTime(checking(new Deadline(-1)))).toBe(false);
    expect(() =>
      isDoneInTime(() => {
        throw new RangeError('of the work');
      }),
    ).toThrow('of the work');
  });
});
