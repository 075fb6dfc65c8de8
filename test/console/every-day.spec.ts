import { everyDay } from '../../console/src/statistics/every-day.js';

const usage = {
  input_tokens: null,
  output_tokens: null,
  cache_read_tokens: null,
  cache_write_tokens: null,
  reasoning_tokens: null,
  estimated_cost_usd: null,
  actual_cost_usd: null,
};

const tally = (day: string) => ({ day, sessions: 1, conversations: 1, messages: 2, usage });

describe('the days of a chart', () => {
  it('have no gaps, also where clocks were set forward and back', () => {
    const days = [tally('2026-03-27'), tally('2026-03-30'), tally('2026-10-26')];
    const drawn = everyDay(days);
    expect(drawn).toHaveLength(214);
    expect(drawn.filter((day) => day.tally !== undefined).map((day) => day.tally)).toEqual(days);
    expect(drawn.slice(0, 4).map(({ tally: found }) => found?.day)).toEqual([
      '2026-03-27',
      undefined,
      undefined,
      '2026-03-30',
    ]);
    expect(drawn.at(-1)?.time).toBe(Date.UTC(2026, 9, 26) / 1000);
  });

  it('are none where nothing happened', () => {
    expect(everyDay([])).toEqual([]);
  });
});
