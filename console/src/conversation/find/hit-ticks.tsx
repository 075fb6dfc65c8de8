/** Number of distinct tick positions. */
const MOST = 200;

/** Marks beside the scroll bar for all known hits, visible or not. */
export function HitTicks({
  places,
  here,
  shareOf,
}: {
  /** Indexes of the hits in the transcript. */
  readonly places: readonly number[];
  /** Index of the shown hit. */
  readonly here: number | undefined;
  /** The relative position of an index, from 0 to 1. */
  readonly shareOf: (place: number) => number;
}): React.JSX.Element | null {
  if (places.length === 0) return null;
  const at = (place: number): number => Math.round(MOST * shareOf(place)) / MOST;
  return (
    <div className="ticks" aria-hidden="true">
      <div className="ticks-inside">
        {[...new Set(places.map(at))].map((share) => (
          <span key={share} style={{ top: `${100 * share}%` }} />
        ))}
        {here === undefined ? null : <span data-here="true" style={{ top: `${100 * at(here)}%` }} />}
      </div>
    </div>
  );
}
