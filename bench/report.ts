/** One measurement. */
export interface Result {
  readonly work: string;
  /** The bar in words, if any. */
  readonly bar?: string;
  readonly value: number;
  readonly unit: string;
  /** The 99th percentile for a median, in milliseconds. */
  readonly tail?: number;
  readonly limit?: { readonly atMost: number } | { readonly atLeast: number };
}

/** Whether a result reaches its bar. `slack` is the tolerated factor; 1 is the bar itself. */
export function reaches({ value, limit }: Result, slack = 1): boolean {
  if (limit === undefined) return true;
  return 'atMost' in limit ? value <= limit.atMost * slack : value * slack >= limit.atLeast;
}

/** The results as a Markdown table. */
export function toTable(results: readonly Result[]): string {
  const rows = results.map((result) => {
    const reached = result.limit === undefined ? '' : reaches(result) ? 'yes' : '**no**';
    const tail = result.tail === undefined ? '' : format(result.tail, 'ms');
    return `| ${result.work} | ${format(result.value, result.unit)} | ${tail} | ${result.bar ?? ''} | ${reached} |`;
  });
  return ['| work | measured | p99 | bar | reached |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}

function format(value: number, unit: string): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  const number = value.toLocaleString('en-US', { maximumFractionDigits: digits });
  return unit === '' ? number : `${number} ${unit}`;
}
