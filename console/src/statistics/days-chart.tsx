import type { DayTallyResponse } from '@hermes-sessions/client';
import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { DAY, everyDay } from './every-day.js';
import { MEASURES, type Measure } from './measures.js';

/** Pixels that the chart is high. */
const HEIGHT = 240;

/** How far apart lines of a chart may be where there is nothing between one and two. */
const WHOLE_STEPS = Array.from({ length: 13 }, (_, power) =>
  [1, 2, 5].map((step) => step * 10 ** power),
).flat();

/** Days that are drawn, at most. */
const MOST_DAYS = 365;

/** What happened day by day, as bars; and as a table to who does not see them. */
export function DaysChart({ days }: { readonly days: readonly DayTallyResponse[] }): React.JSX.Element {
  const [name, setName] = useState('Conversations');
  const measure = MEASURES.find((one) => one.name === name) ?? MEASURES[0];
  const drawn = everyDay(days).slice(-MOST_DAYS);
  return (
    <section aria-labelledby="days">
      <div className="chart-head">
        <h2 id="days">Day by day</h2>
        <label>
          <span className="hidden">What is counted</span>
          <select
            value={name}
            onChange={(event) => {
              setName(event.target.value);
            }}
          >
            {MEASURES.map((one) => (
              <option key={one.name}>{one.name}</option>
            ))}
          </select>
        </label>
      </div>
      {measure === undefined || drawn.length === 0 ? (
        <p className="quiet">Nothing to count yet.</p>
      ) : (
        <>
          <Chart days={drawn} measure={measure} />
          <details className="fold">
            <summary>As a table</summary>
            <table className="tallies">
              <thead>
                <tr>
                  <th scope="col">Day</th>
                  <th scope="col">{measure.name}</th>
                </tr>
              </thead>
              <tbody>
                {days.map((day) => (
                  <tr key={day.day}>
                    <th scope="row">{day.day}</th>
                    <td>{textOf(measure, day)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </details>
        </>
      )}
    </section>
  );
}

function textOf(measure: Measure, day: DayTallyResponse): string {
  const value = measure.of(day);
  return value === null ? 'unknown' : measure.format(value);
}

function Chart({
  days,
  measure,
}: {
  readonly days: ReturnType<typeof everyDay>;
  readonly measure: Measure;
}): React.JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const isDark = useDark();
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const chart = new uPlot(optionsFor(element, measure), dataOf(days, measure), element);
    const sizes = new ResizeObserver(() => {
      chart.setSize({ width: element.clientWidth, height: HEIGHT });
    });
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      chart.destroy();
    };
    // A drawing has the colours of the moment in which it was made.
  }, [days, measure, isDark]);
  const values = days.map(({ tally }) => (tally === undefined ? 0 : (measure.of(tally) ?? 0)));
  const label = `${measure.name} of ${days.length} days; ${measure.format(Math.max(...values))} on the day with the most`;
  return <div ref={place} className="chart" role="img" aria-label={label} />;
}

function dataOf(days: ReturnType<typeof everyDay>, { of }: Measure): uPlot.AlignedData {
  return [
    days.map(({ time }) => time),
    days.map(({ tally }) => (tally === undefined ? 0 : (of(tally) ?? undefined))),
  ];
}

function optionsFor(element: HTMLElement, { name, format, isWhole }: Measure): uPlot.Options {
  const { color: bars, borderColor: lines, outlineColor: words } = getComputedStyle(element);
  const axis: uPlot.Axis = {
    stroke: words,
    grid: { stroke: lines, width: 1 },
    ticks: { stroke: lines, width: 1 },
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    tzDate: (time) => uPlot.tzDate(new Date(1000 * time), 'Etc/UTC'),
    legend: { show: false },
    cursor: { drag: { x: false, y: false } },
    scales: {
      // The bars of the first and the last day are as wide as the others.
      x: { range: (_chart, first, last) => [first - DAY / 2, last + DAY / 2] },
      y: { range: (_chart, _least, most) => [0, Math.max(1, most * 1.05)] },
    },
    axes: [
      { ...axis, values: (_chart, times) => times.map(dayOf) },
      {
        ...axis,
        size: 76,
        ...(isWhole ? { incrs: WHOLE_STEPS } : {}),
        values: (_chart, values) => values.map(format),
      },
    ],
    series: [
      {},
      {
        label: name,
        fill: bars,
        width: 0,
        points: { show: false },
        ...(uPlot.paths.bars === undefined ? {} : { paths: uPlot.paths.bars({ size: [0.8, 24] }) }),
      },
    ],
  };
}

/** Days are the server's, which has been told the time zone: here they are but names. */
function dayOf(time: number): string {
  return new Date(1000 * time).toLocaleDateString(undefined, {
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
  });
}

/** Whether the page is dark at the moment. */
function useDark(): boolean {
  const [isDark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const onChange = (): void => {
      setDark(scheme.matches);
    };
    scheme.addEventListener('change', onChange);
    return () => {
      scheme.removeEventListener('change', onChange);
    };
  }, []);
  return isDark;
}
