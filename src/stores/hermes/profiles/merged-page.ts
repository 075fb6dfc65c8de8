import type { Cursor } from '../../../domain/cursor.js';
import type { PlacedSession, SessionPage, SessionSort } from '../../../sessions/session-query.js';
import { directionOf } from '../../read-model/session-page.js';

/**
 * One page of several profiles together: the first entries of their pages, which all begin behind the same place, in one order.
 * @param limit entries that the page may have.
 */
export function mergePages(pages: readonly SessionPage[], sort: SessionSort, limit: number): SessionPage {
  const all = mergeEntries(
    pages.map((page) => page.entries),
    sort,
  );
  const pinned = pages.flatMap((page) => page.pinned ?? []);
  const entries = all.slice(0, limit);
  const hasMore = all.length > limit || pages.some((page) => page.next !== null);
  return {
    entries,
    pinned: mergeEntries([pinned], sort),
    total: sum(pages, (page) => page.total),
    next: hasMore ? (entries.at(-1)?.place ?? null) : null,
    hidden: {
      archived: sum(pages, (page) => page.hidden.archived),
      children: sum(pages, (page) => page.hidden.children),
    },
    searchIncomplete: pages.some((page) => page.searchIncomplete),
    unavailableProfiles: [],
  };
}

/** Entries of several lists in the order that they have together. */
export function mergeEntries(
  lists: readonly (readonly PlacedSession[])[],
  sort: SessionSort,
): readonly PlacedSession[] {
  return inOrder(lists.flat(), sort, ({ place }) => place);
}

/** Places of several lists in the order that they have together. */
export function mergePlaces(places: readonly Cursor[], sort: SessionSort): readonly Cursor[] {
  return inOrder(places, sort, (place) => place);
}

/** So many places of each list are looked at at once, and no more are kept of any. */
const MOST_PLACES = 2000;

/** Samples of one list for each list that there is: the entries that are still to be skipped fall by as much with each look. */
const SAMPLES_PER_LIST = 20;

/** Gives some places of each of several lists, all together, each of which names its list. */
export type SampledPlaces = (
  after: ReadonlyMap<string, Cursor>,
  sample: { readonly every: number; readonly most: number },
) => Promise<readonly Cursor[]>;

/**
 * The place behind which a page begins that skips some entries of several lists together. Where many are skipped, each so-many-th place of
 * every list tells how far it can be passed over, until so few are left that all of them are looked at.
 * @param lists how many there are.
 * @returns undefined where there are fewer entries.
 */
export async function placeBehind(
  lists: number,
  sort: SessionSort,
  offset: number,
  places: SampledPlaces,
): Promise<Cursor | undefined> {
  if (lists === 0) return undefined;
  const after = new Map<string, Cursor>();
  for (let left = offset; ;) {
    const every = left <= MOST_PLACES ? 1 : Math.ceil(left / (SAMPLES_PER_LIST * lists));
    const most = Math.ceil(left / every);
    const sampled = mergePlaces(await places(after, { every, most }), sort);
    if (every === 1) return sampled[left - 1];
    // Before a sample can come as many more entries of each list as lie between two of its samples.
    const certain = Math.floor((left - lists * (every - 1)) / every);
    if (sampled.length < certain) return undefined;
    for (const place of sampled.slice(0, certain)) after.set(place.profile, place);
    left -= certain * every;
  }
}

function inOrder<T>(items: readonly T[], sort: SessionSort, placeOf: (item: T) => Cursor): readonly T[] {
  const direction = directionOf(sort);
  return [...items].sort((a, b) => direction * comparePlaces(placeOf(a), placeOf(b)));
}

function sum<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((total, item) => total + count(item), 0);
}

/** Negative where `a` has less than `b`, whatever the direction. Places of one profile never are the same. */
function comparePlaces(a: Cursor, b: Cursor): number {
  return (
    a.value - b.value ||
    a.startedAt - b.startedAt ||
    compareBytes(a.id, b.id) ||
    compareBytes(a.profile, b.profile)
  );
}

/** The order that SQLite has for texts. */
function compareBytes(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}
