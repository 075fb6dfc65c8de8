import type { Cursor } from '../../../domain/cursor.js';
import type { PlacedSession, SessionPage, SessionSort } from '../../../sessions/session-query.js';
import { directionOf } from '../../read-model/session-page.js';

/**
 * One page of several profiles together: the first entries of their pages, which all begin behind the same place, in one order.
 * @param limit entries that the page may have.
 */
export function mergePages(pages: readonly SessionPage[], sort: SessionSort, limit: number): SessionPage {
  const all = inOrder(
    pages.flatMap((page) => page.entries),
    sort,
  );
  const pinned = pages.flatMap((page) => page.pinned ?? []);
  const entries = all.slice(0, limit);
  const hasMore = all.length > limit || pages.some((page) => page.next !== null);
  return {
    entries,
    pinned: inOrder(pinned, sort),
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

/**
 * The place behind which a page begins that skips some entries.
 * @param places the first `offset` places of each profile.
 * @returns undefined where there are fewer entries.
 */
export function placeBehind(
  places: readonly (readonly Cursor[])[],
  sort: SessionSort,
  offset: number,
): Cursor | undefined {
  const direction = directionOf(sort);
  return places.flat().sort((a, b) => direction * comparePlaces(a, b))[offset - 1];
}

function inOrder(entries: readonly PlacedSession[], sort: SessionSort): readonly PlacedSession[] {
  const direction = directionOf(sort);
  return [...entries].sort((a, b) => direction * comparePlaces(a.place, b.place));
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
