import type { DayTallyResponse } from '@hermes-sessions/client';

/** What is counted of a day, a platform or a model. */
type Tally = Pick<DayTallyResponse, 'conversations' | 'messages' | 'usage'>;

/** Something that can be counted. */
export interface Measure {
  readonly name: string;
  /** What follows a number of it. */
  readonly unit: string;
  /** Null where nothing is known of it. */
  readonly of: (tally: Tally) => number | null;
  readonly format: (value: number) => string;
  /** Whether there is nothing between one and two. */
  readonly isWhole: boolean;
}

const whole = (value: number): string => Math.round(value).toLocaleString();

/** Tokens that went in and came out. */
export function tokensOf({ usage }: Pick<Tally, 'usage'>): number | null {
  const { input_tokens: input, output_tokens: output } = usage;
  return input === null && output === null ? null : (input ?? 0) + (output ?? 0);
}

/** US dollars as they were paid, or else as they were estimated. */
export function costOf({ usage }: Pick<Tally, 'usage'>): number | null {
  return usage.actual_cost_usd ?? usage.estimated_cost_usd;
}

/** US dollars, as they are written. */
export function dollars(value: number): string {
  return value.toLocaleString(undefined, { style: 'currency', currency: 'USD' });
}

/** Everything that can be counted, by what it is called in the page. */
export const MEASURES: readonly Measure[] = [
  {
    name: 'Conversations',
    unit: 'conversations',
    of: ({ conversations }) => conversations,
    format: whole,
    isWhole: true,
  },
  { name: 'Messages', unit: 'messages', of: ({ messages }) => messages, format: whole, isWhole: true },
  { name: 'Tokens', unit: 'tokens', of: tokensOf, format: whole, isWhole: true },
  { name: 'Cost', unit: '', of: costOf, format: dollars, isWhole: false },
];
