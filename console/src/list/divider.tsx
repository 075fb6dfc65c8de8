import { useState } from 'react';
import { texts } from '../language/language.js';

/** Where the width is kept. */
const KEPT = 'hermes-sessions-list-width';

/** Pixels that the list is wide. */
const WIDTH = { least: 260, usual: 400, most: 900 } as const;

/** Pixels that a key moves. */
const STEP = 20;

/** How wide the list is, as somebody left it, and what changes that. */
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

/** Between the list and the conversation: it is dragged, or moved by keys, and a double click puts it back. */
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
