import type { DayTallyResponse } from '@hermes-sessions/client';

/** Seconds of a day that is but a name. */
export const DAY = 86_400;

/** A day of a calendar without gaps. */
export interface CalendarDay {
  /** Epoch seconds at which the day begins in UTC, whatever time zone it was counted in. */
  readonly time: number;
  /** Undefined where nothing happened. */
  readonly tally: DayTallyResponse | undefined;
}

/** The days from the first to the last with anything, those without as well; which the server leaves out. */
export function everyDay(days: readonly DayTallyResponse[]): readonly CalendarDay[] {
  const byTime = new Map(days.map((tally) => [Date.parse(tally.day) / 1000, tally]));
  const times = [...byTime.keys()];
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return [];
  return Array.from({ length: (last - first) / DAY + 1 }, (_, at) => {
    const time = first + at * DAY;
    return { time, tally: byTime.get(time) };
  });
}
