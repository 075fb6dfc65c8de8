// A query string turns the + of an offset into a space, so a space stands for it here.
const ISO_8601 =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|z|[+\- ]\d{2}:?\d{2})?)?$/;

/**
 * Reads an ISO 8601 date or date-time; without a zone it is UTC.
 * @returns epoch seconds, or undefined where the text is no such date.
 */
export function parseInstant(text: string): number | undefined {
  const match = ISO_8601.exec(text.trim());
  if (match === null) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match;
  const date = `${year ?? ''}-${month ?? ''}-${day ?? ''}`;
  const seconds = Date.parse(`${date}T${hour}:${minute}:${second}Z`) / 1000;
  if (Number.isNaN(seconds) || !isRealDay(date)) return undefined;
  const offset = zoneOffset(zone);
  return offset === undefined ? undefined : seconds + Number(`0.${fraction || '0'}`) - offset;
}

/** `Date` rolls 30 February over into March; a filter must not. */
function isRealDay(date: string): boolean {
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date);
}

function zoneOffset(zone: string): number | undefined {
  if (/^z$/i.test(zone)) return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60);
}

/** Epoch seconds as the RFC 3339 text with milliseconds that answers carry; null stays null. */
export function formatInstant(seconds: number): string;
export function formatInstant(seconds: number | null): string | null;
export function formatInstant(seconds: number | null): string | null {
  if (seconds === null) return null;
  const milliseconds = Math.round(seconds * 1000);
  const day = Math.floor(milliseconds / DAY);
  return `${dateOf(day)}T${timeOf(milliseconds - day * DAY)}Z`;
}

const DAY = 86_400_000;

/** Dates by days since the epoch: `Date` takes most of the time of a list, whose times lie on a few days. */
const dates = new Map<number, string>();
const MAX_DATES = 5000;

function dateOf(day: number): string {
  let date = dates.get(day);
  if (date === undefined) {
    date = new Date(day * DAY).toISOString().slice(0, 10);
    if (dates.size >= MAX_DATES) dates.clear();
    dates.set(day, date);
  }
  return date;
}

const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));

function timeOf(milliseconds: number): string {
  const hours = Math.floor(milliseconds / 3_600_000);
  const minutes = Math.floor(milliseconds / 60_000) % 60;
  const seconds = Math.floor(milliseconds / 1000) % 60;
  const thousandths = String(milliseconds % 1000).padStart(3, '0');
  return `${TWO_DIGITS[hours] ?? ''}:${TWO_DIGITS[minutes] ?? ''}:${TWO_DIGITS[seconds] ?? ''}.${thousandths}`;
}
