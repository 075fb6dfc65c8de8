/** Ticks that fit beside each other in a window. */
const MOST = 200;

/** Marks at the scroll bar where the hits stand, all that are known and not only those that are seen. */
export function HitTicks({
  places,
  here,
  shareOf,
}: {
  /** Places of hits in the transcript. */
  readonly places: readonly number[];
  /** The place of the one that is shown. */
  readonly here: number | undefined;
  /** How far down a place stands, from 0 to 1. */
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
