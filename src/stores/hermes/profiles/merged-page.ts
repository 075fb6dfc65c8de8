import type { Cursor } from '../../../domain/cursor.js';
import type { PlacedSession, SessionPage, SessionSort } from '../../../sessions/session-query.js';
import { directionOf } from '../../read-model/session-page.js';

/**
 * Merges pages of several profiles, which all begin after the same place, into one page in the common order.
 * @param limit most entries of the page.
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

/** Merges the entries of several lists into their common order. */
export function mergeEntries(
  lists: readonly (readonly PlacedSession[])[],
  sort: SessionSort,
): readonly PlacedSession[] {
  return inOrder(lists.flat(), sort, ({ place }) => place);
}

/** Merges the places of several lists into their common order. */
export function mergePlaces(places: readonly Cursor[], sort: SessionSort): readonly Cursor[] {
  return inOrder(places, sort, (place) => place);
}

/** Most places of one list that are requested, and held, at a time. */
const MOST_PLACES = 2000;

/** Samples taken of each list, as a multiple of the number of lists. Each look divides the entries left to skip by about this number. */
const SAMPLES_PER_LIST = 20;

/** Returns sampled places of several lists; each place names its list. */
export type SampledPlaces = (
  after: ReadonlyMap<string, Cursor>,
  sample: { readonly every: number; readonly most: number },
) => Promise<readonly Cursor[]>;

/**
 * The place after which a page begins that skips some entries of several lists together. If many are skipped, every n-th place of each list shows how
 * far that list can be skipped, until few enough are left to look at all of them.
 * @param lists their number.
 * @returns undefined if there are fewer entries.
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
    // Each list can have up to `every - 1` more entries before a sample than its own samples show.
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

/** Negative if `a` comes before `b` in ascending order. Places of one profile are never equal. */
function comparePlaces(a: Cursor, b: Cursor): number {
  return (
    a.value - b.value ||
    a.startedAt - b.startedAt ||
    compareBytes(a.id, b.id) ||
    compareBytes(a.profile, b.profile)
  );
}

/** SQLite's order of texts. */
function compareBytes(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}
