import { beginningOf, DayCalendar } from './day-calendar.js';

const at = (text: string): number => Date.parse(text) / 1000;

describe('the calendar of a time zone', () => {
  it.each([
    ['UTC', '2026-05-01T00:00:00Z', '2026-05-01'],
    ['UTC', '2026-04-30T23:59:59.999Z', '2026-04-30'],
    ['Europe/Berlin', '2026-04-30T22:00:00Z', '2026-05-01'],
    ['America/Los_Angeles', '2026-05-01T06:59:59Z', '2026-04-30'],
    ['Asia/Kathmandu', '2026-04-30T18:15:00Z', '2026-05-01'],
    ['Asia/Kathmandu', '2026-04-30T18:14:59Z', '2026-04-30'],
    // The clocks go forward on this day, which has 23 hours.
    ['Europe/Berlin', '2026-03-29T21:59:59Z', '2026-03-29'],
    ['Europe/Berlin', '2026-03-29T22:00:00Z', '2026-03-30'],
    // And back on this one, which has 25.
    ['Europe/Berlin', '2026-10-25T22:59:59Z', '2026-10-25'],
    // Samoa skipped this day when it crossed the date line.
    ['Pacific/Apia', '2011-12-30T10:00:00Z', '2011-12-31'],
  ])('in %s, %s is on %s', (zone, time, day) => {
    expect(new DayCalendar(zone).dayOf(at(time))).toBe(day);
  });

  it('is right whatever was asked before', () => {
    const calendar = new DayCalendar('America/Sao_Paulo');
    const times = [
      '2026-05-02T02:59:59Z',
      '2026-05-02T03:00:00Z',
      '2019-01-01T12:00:00Z',
      '2026-05-02T02:59:59Z',
    ];
    expect(times.map((time) => calendar.dayOf(at(time)))).toEqual([
      '2026-05-01',
      '2026-05-02',
      '2019-01-01',
      '2026-05-01',
    ]);
  });

  // Each of these days begins at one o'clock, or repeats its first hour.
  it.each([
    ['Africa/Cairo', '2025-04-25', '2025-04-24T22:00:00Z', '2025-04-25T21:00:00Z'],
    ['America/Santiago', '2026-09-06', '2026-09-06T04:00:00Z', '2026-09-07T03:00:00Z'],
    ['America/Havana', '2026-03-08', '2026-03-08T05:00:00Z', '2026-03-09T04:00:00Z'],
    ['Atlantic/Azores', '2026-03-29', '2026-03-29T01:00:00Z', '2026-03-30T00:00:00Z'],
    ['America/Havana', '2026-11-01', '2026-11-01T04:00:00Z', '2026-11-02T05:00:00Z'],
    ['Atlantic/Azores', '2026-10-25', '2026-10-25T00:00:00Z', '2026-10-26T01:00:00Z'],
  ])('in %s, where clocks change at midnight, %s goes from %s to %s', (zone, day, begin, end) => {
    const middle = (at(begin) + at(end)) / 2;
    for (const first of [at(begin) - 3600, at(begin), middle, at(end) - 1, at(end)]) {
      const calendar = new DayCalendar(zone);
      calendar.dayOf(first);
      const days = [at(begin) - 1, at(begin), middle, at(end) - 1, at(end)].map((time) =>
        calendar.dayOf(time),
      );
      expect([first, days.map((each) => each === day)]).toEqual([first, [false, true, true, true, false]]);
    }
    expect(Date.parse(beginningOf(day, zone) ?? '')).toBe(Date.parse(begin));
  });
});
