import { DateTime } from 'luxon';

/**
 * The first moment of a day of a time zone, `2026-05-01T00:00:00-04:00`; undefined where there is none.
 * @param day as {@link DayCalendar} tells it.
 */
export function beginningOf(day: string, timeZone: string): string | undefined {
  const beginning = beginOf(DateTime.fromISO(day, { zone: timeZone }));
  return beginning.toISO({ suppressMilliseconds: true }) ?? undefined;
}

/** The first moment of the day of a time: midnight, but for where clocks leave it out, or come to it twice. */
function beginOf(time: DateTime): DateTime {
  const begin = time.startOf('day');
  return begin.getPossibleOffsets()[0] ?? begin;
}

/** Tells the days of a time zone; quickly where the times that are asked for follow each other. */
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
