/** Texts for a number by plural category, with `#` for the number. */
type PluralForms = Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string };

/** Formats numbers and times for a language and region. */
export interface Formats {
  readonly number: (value: number) => string;
  readonly dollars: (value: number) => string;
  /** A number with its unit: `1 turn`, `1,204 turns`. */
  readonly count: (value: number, forms: PluralForms) => string;
  readonly instant: (time: Date) => string;
  readonly day: (time: Date) => string;
  readonly month: (time: Date) => string;
  /** A calendar day, given as its midnight in UTC. */
  readonly namedDay: (day: Date) => string;
  /** The same, as short as the chart's axis requires. */
  readonly shortNamedDay: (day: Date) => string;
  readonly namedMonth: (day: Date) => string;
  /** @param value how many units ago, at least 0; 0 seconds means now. */
  readonly ago: (value: number, unit: Intl.RelativeTimeFormatUnit) => string;
  /** @param digits number of decimals. */
  readonly duration: (value: number, unit: 'second' | 'minute', digits?: number) => string;
}

const DAY = { year: 'numeric', month: 'short', day: 'numeric' } as const;
const MONTH = { year: 'numeric', month: 'long' } as const;
const NAME = { timeZone: 'UTC' } as const;

/**
 * The formats of a locale, in the local time zone.
 * @param locale a language, with its region if known: `en`, `en-GB`.
 */
export function formatsOf(locale: string): Formats {
  const whole = new Intl.NumberFormat(locale);
  const dollars = new Intl.NumberFormat(locale, { style: 'currency', currency: 'USD' });
  const plurals = new Intl.PluralRules(locale);
  const ages = new Intl.RelativeTimeFormat(locale, { style: 'narrow' });
  const now = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const dates = (form: Intl.DateTimeFormatOptions): ((time: Date) => string) => {
    const format = new Intl.DateTimeFormat(locale, form);
    return (time) => format.format(time);
  };
  return {
    number: (value) => whole.format(value),
    dollars: (value) => dollars.format(value),
    count: (value, forms) =>
      (forms[plurals.select(value)] ?? forms.other).replace('#', () => whole.format(value)),
    instant: dates({ dateStyle: 'medium', timeStyle: 'medium' }),
    day: dates(DAY),
    month: dates(MONTH),
    namedDay: dates({ ...DAY, ...NAME }),
    shortNamedDay: dates({ ...DAY, year: '2-digit', ...NAME }),
    namedMonth: dates({ ...MONTH, ...NAME }),
    ago: (value, unit) => (value === 0 ? now.format(0, unit) : ages.format(-value, unit)),
    duration: (value, unit, digits = 0) =>
      new Intl.NumberFormat(locale, {
        ...{ style: 'unit', unit, unitDisplay: 'narrow' },
        ...{ minimumFractionDigits: digits, maximumFractionDigits: digits },
      }).format(value),
  };
}
