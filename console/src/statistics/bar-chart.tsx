import { useEffect, useEffectEvent, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formats, texts } from '../language/language.js';
import { DAY, type Bucket } from './buckets.js';
import type { Measure } from './measures.js';

/** Height of the chart in pixels. */
const HEIGHT = 240;

/** Minimum space for a day's label, in pixels, so that labels do not overlap. */
const DAY_SPACE = 90;

/** Allowed distances between grid lines for integer measures. */
const WHOLE_STEPS = Array.from({ length: 13 }, (_, power) =>
  [1, 2, 5].map((step) => step * 10 ** power),
).flat();

/** A bar chart. Pointer or arrow keys select a bar; its text with a link is shown below. */
export function BarChart({
  bars,
  measure,
  nameOf,
  onOpen,
}: {
  readonly bars: readonly Bucket[];
  readonly measure: Measure;
  readonly nameOf: (bar: Bucket) => string;
  readonly onOpen: (bar: Bucket) => void;
}): React.JSX.Element {
  const [chosen, setChosen] = useState(bars.length - 1);
  const at = Math.min(chosen, bars.length - 1);
  const bar = bars[at];
  const text =
    bar === undefined ? '' : texts().statistics.values[measure.id](nameOf(bar), textOf(measure, bar));
  const move = (event: React.KeyboardEvent): void => {
    const steps: Readonly<Record<string, number>> = {
      ...{ ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: bars.length - 1 },
    };
    const next = steps[event.key];
    if (event.key === 'Enter' && bar !== undefined) onOpen(bar);
    else if (next !== undefined) setChosen(Math.max(0, Math.min(bars.length - 1, next)));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <>
      <div
        className="chart-place"
        role="slider"
        tabIndex={0}
        aria-label={texts().statistics.measures[measure.id]}
        aria-valuemin={0}
        aria-valuemax={bars.length - 1}
        aria-valuenow={at}
        aria-valuetext={text}
        onKeyDown={move}
        onClick={() => {
          if (bar !== undefined) onOpen(bar);
        }}
      >
        <Drawing
          bars={bars}
          measure={measure}
          chosen={at}
          onPoint={(next) => {
            if (next !== null) setChosen(next);
          }}
        />
      </div>
      <p className="readout">
        <span>{text}</span>
        {bar === undefined || bar.conversations === 0 ? null : (
          <button
            type="button"
            className="link"
            onClick={() => {
              onOpen(bar);
            }}
          >
            {texts().statistics.open}
          </button>
        )}
      </p>
    </>
  );
}

function Drawing({
  bars,
  measure,
  chosen,
  onPoint,
}: {
  readonly bars: readonly Bucket[];
  readonly measure: Measure;
  readonly chosen: number;
  readonly onPoint: (at: number | null) => void;
}): React.JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const drawing = useRef<uPlot>(undefined);
  const isDark = useDark();
  const point = useEffectEvent(onPoint);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const chart = new uPlot(
      optionsFor(element, measure, widthOf(bars), (at) => {
        point(at);
      }),
      valuesOf(bars, measure),
      element,
    );
    drawing.current = chart;
    const sizes = new ResizeObserver(() => {
      chart.setSize({ width: element.clientWidth, height: HEIGHT });
    });
    sizes.observe(element);
    return () => {
      drawing.current = undefined;
      sizes.disconnect();
      chart.destroy();
    };
    // Redrawn when the colour scheme changes, since a drawing keeps its colours.
  }, [bars, measure, isDark]);
  useEffect(() => {
    const time = bars[chosen]?.time;
    const chart = drawing.current;
    if (chart === undefined || time === undefined || chart.cursor.idx === chosen) return;
    chart.setCursor({ left: chart.valToPos(time, 'x'), top: 10 }, false);
  }, [bars, chosen]);
  return <div ref={place} className="chart" aria-hidden="true" />;
}

/** Seconds between two bars. */
function widthOf([first, second]: readonly Bucket[]): number {
  return first === undefined || second === undefined ? DAY : second.time - first.time;
}

function valuesOf(bars: readonly Bucket[], { of }: Measure): uPlot.AlignedData {
  return [bars.map(({ time }) => time), bars.map((bar) => of(bar) ?? 0)];
}

/** The text of a bar. */
export function textOf(measure: Measure, bar: Bucket): string {
  const value = measure.of(bar);
  return value === null ? texts().statistics.unknown : measure.format(value);
}

function optionsFor(
  element: HTMLElement,
  { id, format, isWhole }: Measure,
  width: number,
  onPoint: (at: number | null) => void,
): uPlot.Options {
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
    cursor: { drag: { x: false, y: false }, y: false },
    hooks: {
      setCursor: [
        ({ cursor: { idx } }) => {
          onPoint(idx ?? null);
        },
      ],
    },
    scales: {
      // The first and last bar get their full width.
      x: { range: (_chart, first, last) => [first - width / 2, last + width / 2] },
      y: { range: (_chart, _least, most) => [0, Math.max(1, most * 1.05)] },
    },
    axes: [
      { ...axis, space: DAY_SPACE, values: (_chart, times) => times.map(dayOf) },
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
        label: id,
        fill: bars,
        width: 0,
        points: { show: false },
        ...(uPlot.paths.bars === undefined ? {} : { paths: uPlot.paths.bars({ size: [0.8, 32] }) }),
      },
    ],
  };
}

/** The server groups days by the requested time zone; here they are only names. */
function dayOf(time: number): string {
  return formats().shortNamedDay(new Date(1000 * time));
}

/** Whether the page currently uses the dark colour scheme. */
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
