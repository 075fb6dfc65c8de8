import type { DayTallyResponse } from '@hermes-sessions/client';
import { formats } from '../language/language.js';
import type { Texts } from '../language/texts.js';

/** The totals of a day, a platform or a model. */
type Tally = Pick<DayTallyResponse, 'conversations' | 'messages' | 'usage' | 'cost_usd'>;

/** A measure of the statistics. */
export interface Measure {
  readonly id: keyof Texts['statistics']['measures'];
  /** Null if it is unknown. */
  readonly of: (tally: Tally) => number | null;
  readonly format: (value: number) => string;
  /** Whether it takes only integer values. */
  readonly isWhole: boolean;
}

const whole = (value: number): string => formats().number(Math.round(value));

/** Input plus output tokens. */
export function tokensOf({ usage }: Pick<Tally, 'usage'>): number | null {
  const { input_tokens: input, output_tokens: output } = usage;
  return input === null && output === null ? null : (input ?? 0) + (output ?? 0);
}

/** Formats US dollars. */
export function dollars(value: number): string {
  return formats().dollars(value);
}

/** All measures. */
export const MEASURES: readonly Measure[] = [
  { id: 'conversations', of: ({ conversations }) => conversations, format: whole, isWhole: true },
  { id: 'messages', of: ({ messages }) => messages, format: whole, isWhole: true },
  { id: 'tokens', of: tokensOf, format: whole, isWhole: true },
  { id: 'cost', of: ({ cost_usd: cost }) => cost, format: dollars, isWhole: false },
];
