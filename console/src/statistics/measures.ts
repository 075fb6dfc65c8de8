import type { DayTallyResponse } from '@hermes-sessions/client';
import { formats } from '../language/language.js';
import type { Texts } from '../language/texts.js';

/** What is counted of a day, a platform or a model. */
type Tally = Pick<DayTallyResponse, 'conversations' | 'messages' | 'usage' | 'cost_usd'>;

/** Something that can be counted. */
export interface Measure {
  readonly id: keyof Texts['statistics']['measures'];
  /** Null where nothing is known of it. */
  readonly of: (tally: Tally) => number | null;
  readonly format: (value: number) => string;
  /** Whether there is nothing between one and two. */
  readonly isWhole: boolean;
}

const whole = (value: number): string => formats().number(Math.round(value));

/** Tokens that went in and came out. */
export function tokensOf({ usage }: Pick<Tally, 'usage'>): number | null {
  const { input_tokens: input, output_tokens: output } = usage;
  return input === null && output === null ? null : (input ?? 0) + (output ?? 0);
}

/** US dollars, as they are written. */
export function dollars(value: number): string {
  return formats().dollars(value);
}

/** Everything that can be counted. */
export const MEASURES: readonly Measure[] = [
  { id: 'conversations', of: ({ conversations }) => conversations, format: whole, isWhole: true },
  { id: 'messages', of: ({ messages }) => messages, format: whole, isWhole: true },
  { id: 'tokens', of: tokensOf, format: whole, isWhole: true },
  { id: 'cost', of: ({ cost_usd: cost }) => cost, format: dollars, isWhole: false },
];
