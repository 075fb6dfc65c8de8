import { DateTime } from 'luxon';

/**
 * The first moment of a day of a time zone, `2026-05-01T00:00:00-04:00`; undefined where there is none.
 * @param day as {@link DayCalendar} tells it.
 */
export function beginningOf(day: string, timeZone: string): string | undefined {
  const beginning = DateTime.fromISO(day, { zone: timeZone }).startOf('day');
  return beginning.toISO({ suppressMilliseconds: true }) ?? undefined;
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
    const day = DateTime.fromSeconds(time, { zone: this.timeZone }).startOf('day');
    this.#name = day.toISODate() ?? '';
    this.#begin = day.toSeconds();
    this.#end = day.plus({ days: 1 }).toSeconds();
  }
}
