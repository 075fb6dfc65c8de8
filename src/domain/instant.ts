// In a query string the + of an offset is decoded as a space, so a space is accepted here.
const ZONE = String.raw`(Z|z|[+\- ]\d{2}(?::?\d{2})?)?`;
const FRACTION = String.raw`(?:[.,](\d{1,9}))?`;
const EXTENDED = new RegExp(
  String.raw`^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})${FRACTION})?${ZONE})?$`,
);
const BASIC = new RegExp(
  String.raw`^(\d{4})(\d{2})(\d{2})(?:[Tt](\d{2})(\d{2})(?:(\d{2})${FRACTION})?${ZONE})?$`,
);

/** The current time, in epoch seconds. */
export function epochSeconds(): number {
  return Date.now() / 1000;
}

/**
 * Parses an ISO 8601 date or date-time, with or without separators; the default zone is UTC.
 * @returns epoch seconds, or undefined if the text is not a valid date.
 */
export function parseInstant(text: string): number | undefined {
  const trimmed = text.trim();
  const match = EXTENDED.exec(trimmed) ?? BASIC.exec(trimmed);
  if (match === null) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match;
  const date = `${year ?? ''}-${month ?? ''}-${day ?? ''}`;
  const seconds = Date.parse(`${date}T${hour}:${minute}:${second}Z`) / 1000;
  if (Number.isNaN(seconds) || !isRealDay(date)) return undefined;
  const offset = zoneOffset(zone);
  return offset === undefined ? undefined : seconds + Number(`0.${fraction || '0'}`) - offset;
}

/** `Date` turns 30 February into a day in March; a filter must reject it. */
function isRealDay(date: string): boolean {
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date);
}

function zoneOffset(zone: string): number | undefined {
  if (/^z$/i.test(zone)) return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = zone.length === 3 ? 0 : Number(zone.slice(-2));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60);
}

/**
 * Formats epoch seconds as RFC 3339 with milliseconds; null stays null. Rounds down, so that a filter `since` the shown time includes
 * what was shown, one `until` it does not, and the day is the same.
 */
export function formatInstant(seconds: number): string;
export function formatInstant(seconds: number | null): string | null;
export function formatInstant(seconds: number | null): string | null {
  if (seconds === null) return null;
  const nearest = Math.round(seconds * 1000);
  const milliseconds = nearest / 1000 > seconds ? nearest - 1 : nearest;
  const day = Math.floor(milliseconds / DAY);
  return `${dateOf(day)}T${timeOf(milliseconds - day * DAY)}Z`;
}

const DAY = 86_400_000;

const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));

/** Length of the Gregorian calendar's 400-year cycle in days, and days from 1 March of year 0 to the epoch. */
const DAYS_OF_400_YEARS = 146_097;
const DAYS_BEFORE_EPOCH = 719_468;

/**
 * The date of a day, counted from the epoch. `Date` would take most of the time of a list. Years begin in March, so that the leap day is
 * their last day (https://howardhinnant.github.io/date_algorithms.html#civil_from_days).
 */
function dateOf(day: number): string {
  const days = day + DAYS_BEFORE_EPOCH;
  const cycle = Math.floor(days / DAYS_OF_400_YEARS);
  const inCycle = days - cycle * DAYS_OF_400_YEARS;
  const leaps =
    Math.floor(inCycle / 1460) - Math.floor(inCycle / 36_524) + Math.floor(inCycle / (DAYS_OF_400_YEARS - 1));
  const yearOfCycle = Math.floor((inCycle - leaps) / 365);
  const inYear = inCycle - (365 * yearOfCycle + Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100));
  const fromMarch = Math.floor((5 * inYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = yearOfCycle + cycle * 400 + (month < 3 ? 1 : 0);
  const inMonth = inYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  return `${String(year).padStart(4, '0')}-${TWO_DIGITS[month] ?? ''}-${TWO_DIGITS[inMonth] ?? ''}`;
}

function timeOf(milliseconds: number): string {
  const hours = Math.floor(milliseconds / 3_600_000);
  const minutes = Math.floor(milliseconds / 60_000) % 60;
  const seconds = Math.floor(milliseconds / 1000) % 60;
  const thousandths = String(milliseconds % 1000).padStart(3, '0');
  return `${TWO_DIGITS[hours] ?? ''}:${TWO_DIGITS[minutes] ?? ''}:${TWO_DIGITS[seconds] ?? ''}.${thousandths}`;
}
