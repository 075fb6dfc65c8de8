import { formatInstant, parseInstant } from './instant.js';

describe('parseInstant', () => {
  it.each([
    ['1970-01-01', 0],
    ['2026-05-01', 1_777_593_600],
    ['2026-05-01T14:30', 1_777_645_800],
    ['2026-05-01T14:30:12Z', 1_777_645_812],
    ['2026-05-01T14:30:12.500Z', 1_777_645_812.5],
    ['2026-05-01T14:30:12', 1_777_645_812],
    ['2026-05-01T16:30:12+02:00', 1_777_645_812],
    ['2026-05-01T09:00:12-05:30', 1_777_645_812],
    ['2026-05-01t14:30:12z', 1_777_645_812],
    ['2026-05-01T16:30:12+02', 1_777_645_812],
    ['2026-05-01T16:30:12 02', 1_777_645_812],
    ['20260501', 1_777_593_600],
    ['20260501T1430', 1_777_645_800],
    ['20260501T143012Z', 1_777_645_812],
    ['20260501T163012.5+0200', 1_777_645_812.5],
    ['20260501T090012-0530', 1_777_645_812],
    ['2024-02-29', 1_709_164_800],
  ])('reads %s', (text, seconds) => {
    expect(parseInstant(text)).toBe(seconds);
  });

  it.each([
    '',
    'yesterday',
    '2026',
    '2026-13-01',
    '2026-02-30',
    '2025-02-29',
    '2026-05-01T25:00',
    '1777645812',
    '20260230',
    '20260501T14',
    '20260501 143012',
    '2026-05-01T16:30:12+2',
    '2026-05-01T16:30:12+24',
  ])('does not take %j for a time', (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });
});

describe('formatInstant', () => {
  it('writes RFC 3339 in UTC with milliseconds, and keeps null', () => {
    expect(formatInstant(1_777_645_812)).toBe('2026-05-01T14:30:12.000Z');
    expect(formatInstant(1_777_645_812.0629)).toBe('2026-05-01T14:30:12.062Z');
    expect(formatInstant(null)).toBeNull();
  });

  it('agrees with Date on any time', () => {
    const wrong: number[] = [];
    // A sixteenth of a second is exact as a double.
    for (let seconds = 0; seconds < 7_258_118_400; seconds += 86_399.0625) {
      const asDate = new Date(Math.floor(seconds * 1000)).toISOString();
      if (formatInstant(seconds) !== asDate) wrong.push(seconds);
    }
    expect(wrong).toEqual([]);
    for (const edge of [0, 0.9996, 86_399.9999, 86_400, 951_782_399.9375, 7_258_118_400]) {
      expect(formatInstant(edge)).toBe(new Date(Math.floor(edge * 1000)).toISOString());
    }
  });

  it('tells no time after the one that it is of, and each millisecond as itself', () => {
    const wrong: number[] = [];
    for (let step = 0; step < 20_000; step++) {
      // Microseconds, as clocks provide them.
      const seconds = 1_777_593_600 + (step * 617) / 1_000_000;
      const shown = parseInstant(formatInstant(seconds)) ?? Infinity;
      if (shown > seconds || seconds - shown >= 0.001) wrong.push(seconds);
      const whole = (1_777_593_600_000 + step) / 1000;
      if (parseInstant(formatInstant(whole)) !== whole) wrong.push(whole);
    }
    expect(wrong).toEqual([]);
  });
});
