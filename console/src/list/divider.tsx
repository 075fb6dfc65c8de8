import { useState } from 'react';
import { texts } from '../language/language.js';

/** The storage key of the width. */
const KEPT = 'hermes-sessions-list-width';

/** Width of the list in pixels. */
const WIDTH = { least: 260, usual: 400, most: 900 } as const;

/** Pixels per key press. */
const STEP = 20;

/** The stored width of the list, and the function that changes it. */
export function useListWidth(): readonly [number, (width: number) => void] {
  const [width, setWidth] = useState(() => within(Number(localStorage.getItem(KEPT) ?? WIDTH.usual)));
  return [
    width,
    (next) => {
      setWidth(within(next));
      localStorage.setItem(KEPT, String(within(next)));
    },
  ];
}

/** The divider between list and conversation. It is moved by dragging or keys, and reset by a double click. */
export function Divider({
  width,
  onWidth,
}: {
  readonly width: number;
  readonly onWidth: (width: number) => void;
}): React.JSX.Element {
  const isLeftToRight = getComputedStyle(document.documentElement).direction === 'ltr';
  return (
    <div
      className="divider"
      role="separator"
      aria-orientation="vertical"
      aria-label={texts().list.resize}
      aria-valuenow={width}
      aria-valuemin={WIDTH.least}
      aria-valuemax={WIDTH.most}
      tabIndex={0}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
        onWidth(isLeftToRight ? event.clientX : innerWidth - event.clientX);
      }}
      onDoubleClick={() => {
        onWidth(WIDTH.usual);
      }}
      onKeyDown={(event) => {
        const steps: Readonly<Record<string, number>> = { ArrowLeft: -STEP, ArrowRight: STEP };
        const step = steps[event.key];
        if (step === undefined) return;
        event.preventDefault();
        onWidth(width + (isLeftToRight ? step : -step));
      }}
    />
  );
}

function within(width: number): number {
  return Number.isFinite(width)
    ? Math.min(WIDTH.most, Math.max(WIDTH.least, Math.round(width)))
    : WIDTH.usual;
}
