import { periodOf } from '../../console/src/list/time-groups.js';

describe('the groups of a list', () => {
  // A Sunday night, half an hour after midnight.
  const now = new Date(2026, 2, 1, 0, 30);

  it.each([
    [new Date(2026, 2, 1, 0, 1), 'Today'],
    [new Date(2026, 2, 1, 9, 0), 'Today'],
    [new Date(2026, 1, 28, 23, 59), 'Yesterday'],
    [new Date(2026, 1, 27, 1, 0), 'Last 7 days'],
    [new Date(2026, 1, 23, 0, 0), 'Last 7 days'],
  ])('are days of the calendar, and the days before: %s is %s', (time, group) => {
    expect(periodOf(time, now)).toBe(group);
  });

  it('are months before that', () => {
    const [february, january] = [new Date(2026, 1, 22, 23, 59), new Date(2026, 0, 3)].map((time) =>
      periodOf(time, now),
    );
    expect(february).toContain('2026');
    expect(january).not.toBe(february);
  });
});
