import type { DayTallyResponse } from '@hermes-sessions/client';
import { DAY, toBuckets } from '../../console/src/statistics/buckets.js';

/** A day on which so many conversations began, which took so many tokens, as far as is known. */
function tally(day: string, conversations: number, tokens: number | null = null): DayTallyResponse {
  const usage = {
    ...{ input_tokens: tokens, output_tokens: null, cache_read_tokens: null, cache_write_tokens: null },
    ...{ reasoning_tokens: null, estimated_cost_usd: null, actual_cost_usd: null },
  };
  return {
    day,
    conversations,
    sessions: conversations,
    messages: 2 * conversations,
    usage,
    cost_usd: null,
  };
}

describe('the bars of a chart', () => {
  it('are days where they are few, those without anything as well', () => {
    const { step, bars } = toBuckets([tally('2026-02-27', 2), tally('2026-03-02', 3)]);
    expect(step).toBe('day');
    expect(bars.map(({ since, conversations }) => [since, conversations])).toEqual([
      ['2026-02-27', 2],
      ['2026-02-28', 0],
      ['2026-03-01', 0],
      ['2026-03-02', 3],
    ]);
  });

  it('are weeks from Monday on, and months, where days would be too many; what is counted stays', () => {
    const days = [tally('2026-01-01', 1, 5), tally('2026-01-04', 2), tally('2026-01-05', 4, 7)];
    const weeks = toBuckets(days, undefined, '2026-06-01');
    expect(weeks.step).toBe('week');
    expect(weeks.bars.slice(0, 2)).toMatchObject([
      { since: '2026-01-01', until: '2026-01-05', conversations: 3, usage: { input_tokens: 5 } },
      { since: '2026-01-05', until: '2026-01-12', conversations: 4, usage: { input_tokens: 7 } },
    ]);
    expect(weeks.bars.at(-1)).toMatchObject({ since: '2026-06-01', until: '2026-06-02' });
    const months = toBuckets(days, '2024-11-15');
    expect(months.step).toBe('month');
    expect(months.bars.map(({ since }) => since).slice(0, 3)).toEqual([
      '2024-11-15',
      '2024-12-01',
      '2025-01-01',
    ]);
    expect(months.bars.at(-1)).toMatchObject({ conversations: 7, messages: 14, until: '2026-01-06' });
  });

  it.each([
    ['week', '2026-09-06', '2026-08-31', 7],
    ['month', '2025-04-30', '2025-04-01', 28],
  ])('are a %s apart also where the first one is a part', (name, since, begin, days) => {
    const { step, bars } = toBuckets([], since, '2026-11-27');
    expect(step).toBe(name);
    const times = bars.map(({ time }) => time);
    expect(times[0]).toBe(Date.parse(begin) / 1000);
    const apart = times.slice(1).map((time, at) => time - (times[at] ?? 0));
    expect(Math.min(...apart)).toBe(days * DAY);
    expect(bars[0]?.since).toBe(since);
  });

  it('know nothing where nothing is known, and are none where there is nothing', () => {
    expect(toBuckets([tally('2026-01-01', 1)]).bars[0]?.usage.input_tokens).toBeNull();
    expect(toBuckets([]).bars).toEqual([]);
  });
});
