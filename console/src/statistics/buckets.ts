import type { DayTallyResponse } from '@hermes-sessions/client';

/** Seconds in a calendar day. */
export const DAY = 86_400;

/** The period of one bar. */
export type Step = 'day' | 'week' | 'month';

/** Maximum number of days shown as days, and as weeks. */
const MOST = { day: 62, week: 400 } as const;

type Usage = DayTallyResponse['usage'];

/** The totals of one bar. */
export interface Bucket extends Pick<DayTallyResponse, 'conversations' | 'messages' | 'usage' | 'cost_usd'> {
  /**
   * The start of its day, week or month in UTC, in epoch seconds, regardless of the time zone of the count. Also for a partial first period, since
   * the chart derives the width of bars from their smallest distance.
   */
  readonly time: number;
  /** Its first day, and the day after its last. */
  readonly since: string;
  readonly until: string;
}

/** The bars in order, without gaps. */
export interface Buckets {
  readonly step: Step;
  readonly bars: readonly Bucket[];
}

/**
 * Groups days so that there are not too many bars: long ranges are shown by weeks or months. Empty days, which the server omits, are added.
 * @param since the first day; by default that of the first tally. @param until the last day, likewise.
 */
export function toBuckets(days: readonly DayTallyResponse[], since?: string, until?: string): Buckets {
  const [first, last] = [since ?? days[0]?.day, until ?? days.at(-1)?.day];
  if (first === undefined || last === undefined) return { step: 'day', bars: [] };
  const [begin, end] = [timeOf(first), timeOf(last)];
  const step = stepFor((end - begin) / DAY + 1);
  const bars: Bucket[] = [];
  for (let time = begin; time <= end;) {
    const next = Math.min(end + DAY, endOf(step, time));
    bars.push({ ...emptyBucket(time, next), time: beginOf(step, time) });
    time = next;
  }
  return { step, bars: bars.map((bar) => days.filter(isIn(bar)).reduce(add, bar)) };
}

function stepFor(days: number): Step {
  if (days <= MOST.day) return 'day';
  return days <= MOST.week ? 'week' : 'month';
}

/** The start of the day, week or month that contains a time. Weeks begin on Monday. */
function beginOf(step: Step, time: number): number {
  const date = new Date(1000 * time);
  if (step === 'month') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / 1000;
  return step === 'week' ? time - DAY * ((date.getUTCDay() + 6) % 7) : time;
}

/** The end of the day, week or month that contains a time. */
function endOf(step: Step, time: number): number {
  const date = new Date(1000 * time);
  if (step === 'month') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / 1000;
  return beginOf(step, time) + DAY * (step === 'week' ? 7 : 1);
}

function timeOf(day: string): number {
  return Date.parse(day) / 1000;
}

/** The name of the day that begins at a time. */
function nameOf(time: number): string {
  return new Date(1000 * time).toISOString().slice(0, 10);
}

function emptyBucket(begin: number, end: number): Omit<Bucket, 'time'> {
  const usage: Usage = {
    input_tokens: null,
    output_tokens: null,
    cache_read_tokens: null,
    cache_write_tokens: null,
    reasoning_tokens: null,
    estimated_cost_usd: null,
    actual_cost_usd: null,
  };
  return {
    since: nameOf(begin),
    until: nameOf(end),
    conversations: 0,
    messages: 0,
    usage,
    cost_usd: null,
  };
}

function isIn({ since, until }: Bucket): (tally: DayTallyResponse) => boolean {
  return ({ day }) => since <= day && day < until;
}

function add(bucket: Bucket, { conversations, messages, usage, cost_usd: cost }: DayTallyResponse): Bucket {
  const names = Object.keys(bucket.usage) as (keyof Usage)[];
  const sums = names.map((name) => [name, sumOf(bucket.usage[name], usage[name])]);
  return {
    ...bucket,
    conversations: bucket.conversations + conversations,
    messages: bucket.messages + messages,
    usage: { ...bucket.usage, ...(Object.fromEntries(sums) as Usage) },
    cost_usd: sumOf(bucket.cost_usd, cost),
  };
}

/** The sum of the known values; null if none is known. */
function sumOf(one: number | null, other: number | null): number | null {
  return one === null && other === null ? null : (one ?? 0) + (other ?? 0);
}
