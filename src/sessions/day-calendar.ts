import { DateTime } from 'luxon';

/**
 * The start of a day in a time zone, `2026-05-01T00:00:00-04:00`; undefined if the day is invalid.
 * @param day in the form that {@link DayCalendar} returns.
 */
export function beginningOf(day: string, timeZone: string): string | undefined {
  const beginning = beginOf(DateTime.fromISO(day, { zone: timeZone }));
  return beginning.toISO({ suppressMilliseconds: true }) ?? undefined;
}

/** The start of a time's day: midnight, or the first valid time if the clocks skip it, or the first of two if they repeat it. */
function beginOf(time: DateTime): DateTime {
  const begin = time.startOf('day');
  return begin.getPossibleOffsets()[0] ?? begin;
}

/** Converts times to days of a time zone; fast for consecutive times. */
export class DayCalendar {
  #name = '';
  #begin = Infinity;
  #end = -Infinity;

  /** @param timeZone IANA name. */
  constructor(private readonly timeZone: string) {}

  /** The day of a time in epoch seconds, `2026-05-01`. */
  dayOf(time: number): string {
    if (time < this.#begin || time >= this.#end) this.#turnTo(time);
    return this.#name;
  }

  #turnTo(time: number): void {
    const day = beginOf(DateTime.fromSeconds(time, { zone: this.timeZone }));
    this.#name = day.toISODate() ?? '';
    this.#begin = day.toSeconds();
    this.#end = beginOf(day.plus({ days: 1 })).toSeconds();
  }
}
