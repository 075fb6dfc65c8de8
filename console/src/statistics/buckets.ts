import type { DayTallyResponse } from '@hermes-sessions/client';

/** Seconds of a day that is but a name. */
export const DAY = 86_400;

/** How long the time of one bar is. */
export type Step = 'day' | 'week' | 'month';

/** Days up to which each has a bar of its own, and up to which weeks have. */
const MOST = { day: 62, week: 400 } as const;

type Usage = DayTallyResponse['usage'];

/** What was counted within the time of one bar. */
export interface Bucket extends Pick<DayTallyResponse, 'conversations' | 'messages' | 'usage' | 'cost_usd'> {
  /**
   * Epoch seconds at which its day, week or month begins in UTC, whatever time zone it was counted in; also of a first one that is only there
   * in part, since bars are as wide as the two that are closest together are apart.
   */
  readonly time: number;
  /** Its first day, and the first day after it. */
  readonly since: string;
  readonly until: string;
}

/** What was counted, one after the other and without gaps. */
export interface Buckets {
  readonly step: Step;
  readonly bars: readonly Bucket[];
}

/**
 * Puts days together so that there are not too many: a long time is told by weeks or months. Days without anything, which the server
 * leaves out, are there as well.
 * @param since the first day that is told of; that of the first tally where it is left out. @param until the last one, likewise.
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

/** When the day, week or month begins that a time is in: weeks begin on Mondays. */
function beginOf(step: Step, time: number): number {
  const date = new Date(1000 * time);
  if (step === 'month') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / 1000;
  return step === 'week' ? time - DAY * ((date.getUTCDay() + 6) % 7) : time;
}

/** When the day, week or month ends that a time is in. */
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

/** The sum of what is known. */
function sumOf(one: number | null, other: number | null): number | null {
  return one === null && other === null ? null : (one ?? 0) + (other ?? 0);
}
