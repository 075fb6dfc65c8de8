import type { DayTallyResponse } from '@hermes-sessions/client';
import { useMemo, useState } from 'react';
import type { View } from '../view/view.js';
import { formats, texts } from '../language/language.js';
import { toBuckets, type Bucket, type Step } from './buckets.js';
import { BarChart, textOf } from './bar-chart.js';
import { MEASURES, type Measure } from './measures.js';
import { openCounted } from './open-counted.js';
import { dayBefore } from './range.js';

/** Totals over time, as bars that link to their conversations, and as a table. */
export function ChartSection({
  days,
  timeZone,
  view,
}: {
  readonly days: readonly DayTallyResponse[];
  readonly timeZone: string;
  readonly view: View;
}): React.JSX.Element {
  const [id, setId] = useState<Measure['id']>('conversations');
  const measure = MEASURES.find((one) => one.id === id) ?? MEASURES[0];
  const { from, to } = view;
  const { step, bars } = useMemo(
    () => toBuckets(days, from === '' ? undefined : from, lastDay(from, to)),
    [days, from, to],
  );
  const [first, last] = [bars[0], bars.at(-1)];
  return (
    <section aria-labelledby="time">
      <div className="chart-head">
        <h2 id="time">{texts().statistics.chart[step]}</h2>
        <label>
          <span className="hidden">{texts().statistics.measure}</span>
          <select
            value={id}
            onChange={(event) => {
              setId(event.target.value as Measure['id']);
            }}
          >
            {MEASURES.map((one) => (
              <option key={one.id} value={one.id}>
                {texts().statistics.measures[one.id]}
              </option>
            ))}
          </select>
        </label>
      </div>
      {measure === undefined || first === undefined || last === undefined ? (
        <p className="quiet">{texts().statistics.nothing}</p>
      ) : (
        <>
          <p className="quiet">
            {texts().statistics.time(dayName(first.since), dayName(lastDayOf(last)), timeZone)}
          </p>
          <BarChart bars={bars} measure={measure} nameOf={(bar) => nameOf(bar, step)} onOpen={open} />
          <Table {...{ bars, measure, step }} />
        </>
      )}
    </section>
  );
}

/** Without an end, the range lasts until today; without a beginning as well, it covers everything counted. */
function lastDay(from: string, to: string): string | undefined {
  if (to !== '') return to;
  return from === '' ? undefined : dayBefore(0);
}

/** Lists the conversations of a bar, including archived ones, since they are counted as well. */
function open({ since, until }: Bucket): void {
  openCounted({ since, until });
}

function Table({
  bars,
  measure,
  step,
}: {
  readonly bars: readonly Bucket[];
  readonly measure: Measure;
  readonly step: Step;
}): React.JSX.Element {
  return (
    <details className="fold">
      <summary>{texts().statistics.table}</summary>
      <table className="tallies">
        <thead>
          <tr>
            <th scope="col">{texts().statistics.steps[step]}</th>
            <th scope="col">{texts().statistics.measures[measure.id]}</th>
          </tr>
        </thead>
        <tbody>
          {bars
            .filter(({ conversations, messages }) => conversations + messages > 0)
            .map((bar) => (
              <tr key={bar.since}>
                <th scope="row">
                  <button
                    type="button"
                    className="link"
                    onClick={() => {
                      open(bar);
                    }}
                  >
                    {nameOf(bar, step)}
                  </button>
                </th>
                <td>{textOf(measure, bar)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </details>
  );
}

function nameOf(bar: Bucket, step: Step): string {
  if (step === 'month') return formats().namedMonth(new Date(bar.since));
  if (step === 'day') return dayName(bar.since);
  return texts().statistics.days(dayName(bar.since), dayName(lastDayOf(bar)));
}

function lastDayOf({ until }: Bucket): string {
  return new Date(Date.parse(until) - 86_400_000).toISOString().slice(0, 10);
}

/** The server groups days by the requested time zone; here they are only names. */
function dayName(day: string): string {
  return formats().namedDay(new Date(day));
}
