import type { View } from '../view/view.js';

/** Why an operator is not supported. */
export interface Refusal {
  readonly operator: string;
  readonly why: 'unknown' | 'value' | 'exclusion';
}

/** A search text with its operators extracted. */
export interface TypedSearch {
  /** The remaining search text. */
  readonly text: string;
  /** The filters set by operators. */
  readonly chosen: Partial<View>;
  readonly refusals: readonly Refusal[];
}

/** `name:value` or `name:"a value"`, optionally with `-` in front. */
const OPERATOR = /(?<=^|\s)(?<sign>-?)(?<name>[a-z]+):(?:"(?<phrase>[^"]*)"|(?<word>[^\s"]+))(?=\s|$)/gi;

/** An operator at the end whose value may still be incomplete. */
const BEGUN = /(?<=^|\s)-?([a-z]+):(?:"[^"]*|[^\s"]*)$/i;

/** A day, month or year. */
const DAY = /^(?<year>\d{4})(?:-(?<month>\d{1,2}))?(?:-(?<day>\d{1,2}))?$/;

/** The filter set by an operator; undefined for an unknown value. */
const OPERATORS: Readonly<Record<string, (value: string) => Partial<View> | undefined>> = {
  platform: (platform) => ({ platform }),
  model: (model) => ({ model }),
  profile: (profile) => ({ profile }),
  user: (user) => ({ user }),
  before: (value) => withDay(value, (until) => ({ until })),
  after: (value) => withDay(value, (since) => ({ since })),
  is: (value) => (Object.hasOwn(STATES, value) ? STATES[value] : undefined),
};

const STATES: Readonly<Record<string, Partial<View>>> = {
  archived: { archived: 'true' },
  pinned: { pinned: true },
};

/** Operators of other programs that people may try. Other texts with a colon are searched literally. */
const FOREIGN = new Set(['title', 'from', 'to', 'in', 'has', 'role', 'tool', 'since', 'until', 'on']);

/**
 * Extracts operators from a search text.
 * @param isDone whether typing is finished: before that, the last word may be incomplete.
 */
export function takeOperators(typed: string, isDone: boolean): TypedSearch {
  let chosen: Partial<View> = {};
  const refusals: Refusal[] = [];
  const text = typed.replace(OPERATOR, (whole: string, ...rest: unknown[]) => {
    const { sign = '', name = '', phrase, word = '' } = rest.at(-1) as Record<string, string | undefined>;
    const end = (rest.at(-3) as number) + whole.length;
    const operator = `${name.toLowerCase()}:`;
    const choose = Object.hasOwn(OPERATORS, name.toLowerCase()) ? OPERATORS[name.toLowerCase()] : undefined;
    if (choose === undefined) {
      if (FOREIGN.has(name.toLowerCase())) refusals.push({ operator, why: 'unknown' });
      return whole;
    }
    if (!isDone && end === typed.length) return whole;
    const choice = choose(phrase ?? word);
    if (sign === '' && choice !== undefined) {
      chosen = { ...chosen, ...choice };
      return '';
    }
    refusals.push({ operator, why: sign === '' ? 'value' : 'exclusion' });
    return whole;
  });
  // Spaces are kept while the user is typing.
  return {
    text: Object.keys(chosen).length === 0 ? typed : text.replace(/ {2,}/g, ' ').trimStart(),
    chosen,
    refusals,
  };
}

/** The text to search for during typing, without an incomplete operator at the end. */
export function withoutBegunOperator(text: string): string {
  const begun = BEGUN.exec(text);
  const isKnown = begun !== null && Object.hasOwn(OPERATORS, (begun[1] ?? '').toLowerCase());
  return (isKnown ? text.slice(0, begun.index) : text).trim();
}

function withDay(value: string, choose: (day: string) => Partial<View>): Partial<View> | undefined {
  const { year, month = '1', day = '1' } = DAY.exec(value)?.groups ?? {};
  if (year === undefined) return undefined;
  const written = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const date = new Date(`${written}T00:00Z`);
  const isReal = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(written);
  return isReal ? choose(written) : undefined;
}
