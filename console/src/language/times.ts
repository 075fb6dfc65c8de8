import { formats, texts } from './language.js';

/** In milliseconds. */
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The age of a time in a short form. @param now epoch milliseconds. */
export function ageOf(time: string | null, now = Date.now()): string {
  if (time === null) return texts().times.unknown;
  const { ago, day } = formats();
  const passed = Math.max(0, now - Date.parse(time));
  if (passed < MINUTE) return ago(0, 'second');
  if (passed < HOUR) return ago(Math.floor(passed / MINUTE), 'minute');
  if (passed < DAY) return ago(Math.floor(passed / HOUR), 'hour');
  if (passed < 7 * DAY) return ago(Math.floor(passed / DAY), 'day');
  return day(new Date(time));
}

/** A full local time. */
export function timeOf(time: string | null): string {
  return time === null ? texts().times.unknownTime : formats().instant(new Date(time));
}

/** A duration in a short form. @param milliseconds at least 0. */
export function durationOf(milliseconds: number): string {
  const { duration } = formats();
  const seconds = milliseconds / 1000;
  if (seconds < 10) return duration(seconds, 'second', 1);
  if (seconds < 120) return duration(Math.round(seconds), 'second');
  return duration(Math.round(seconds / 60), 'minute');
}
