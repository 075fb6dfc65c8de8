import type { Cursor } from '../../../domain/cursor.js';
import type { SessionSort } from '../../../sessions/session-query.js';
import type { EntryOrders, ListEntry } from '../index/session-table.js';
import { compareText, type SortedEntries } from '../index/sorted-entries.js';

/** How well each entry matches a search. */
export interface Scores {
  scoreOf(entry: ListEntry): number;
}

/** 1 for an ascending order, -1 for a descending one. */
export function directionOf(sort: SessionSort): 1 | -1 {
  return sort === 'relevance' || sort.startsWith('-') ? -1 : 1;
}

/** Negative where `a` has less than `b`, whatever the direction. Places of one profile never are the same. */
export function comparePlaces(a: Cursor, b: Cursor): number {
  return (
    a.value - b.value ||
    a.startedAt - b.startedAt ||
    compareText(a.id, b.id) ||
    compareText(a.profile, b.profile)
  );
}

/** An order that a list can have: what is compared first; ties are broken by start, then id, in the same direction. */
export class EntryOrder {
  readonly direction: 1 | -1;

  constructor(
    private readonly sort: SessionSort,
    private readonly profile: string,
    private readonly scores: Scores | undefined,
  ) {
    this.direction = directionOf(sort);
  }

  /** Negative where `a` comes before `b` in a list. */
  compare(a: ListEntry, b: ListEntry): number {
    const ascending =
      this.#key(a) - this.#key(b) ||
      a.startedAt - b.startedAt ||
      compareText(a.session.fact.id, b.session.fact.id);
    return this.direction * ascending;
  }

  /** Negative where the entry has less than the cursor, whatever the direction. */
  compareWithCursor(entry: ListEntry, cursor: Cursor): number {
    return comparePlaces(this.placeOf(entry), cursor);
  }

  isBehind(entry: ListEntry, cursor: Cursor): boolean {
    return this.direction * this.compareWithCursor(entry, cursor) > 0;
  }

  /** Where an entry stands. */
  placeOf(entry: ListEntry): Cursor {
    return {
      sort: this.sort,
      value: this.#key(entry),
      startedAt: entry.startedAt,
      id: entry.session.fact.id,
      profile: this.profile,
    };
  }

  /** The entries of the index in this order, which it keeps for every sort but relevance. */
  sequence(orders: EntryOrders): EntrySequence {
    const byStart = this.sort === 'started_at' || this.sort === '-started_at';
    return new EntrySequence(byStart ? orders.byStart : orders.byActivity, this);
  }

  #key(entry: ListEntry): number {
    switch (this.sort) {
      case 'relevance':
        return this.scores?.scoreOf(entry) ?? 0;
      case 'last_active_at':
      case '-last_active_at':
        return entry.lastActiveAt;
      case 'started_at':
      case '-started_at':
        return entry.startedAt;
    }
  }
}

/** Entries first to last, any place of which is found in a few steps. */
export class EntrySequence {
  constructor(
    private readonly entries: SortedEntries<ListEntry>,
    private readonly order: EntryOrder,
  ) {}

  get length(): number {
    return this.entries.length;
  }

  at(position: number): ListEntry {
    return this.entries.at(this.order.direction === 1 ? position : this.length - 1 - position);
  }

  /** Position of the first entry behind a cursor. */
  after(cursor: Cursor): number {
    const place = (entry: ListEntry): number => this.order.compareWithCursor(entry, cursor);
    return this.order.direction === 1
      ? this.entries.firstAfter(place)
      : this.length - this.entries.firstFrom(place);
  }
}

/** Beyond this many, sorting all is cheaper than keeping the first ones in order. */
const FEW = 1000;

/** The first `count` of some entries in an order, without sorting the rest. */
export function firstInOrder(
  entries: readonly ListEntry[],
  order: EntryOrder,
  count: number,
): readonly ListEntry[] {
  const compare = (a: ListEntry, b: ListEntry): number => order.compare(a, b);
  if (count > FEW || entries.length <= count) return [...entries].sort(compare).slice(0, count);
  const first = entries.slice(0, count).sort(compare);
  for (const entry of entries.slice(count)) {
    const last = first.at(-1);
    if (last === undefined || compare(entry, last) >= 0) continue;
    first.pop();
    first.splice(insertionPoint(first, entry, compare), 0, entry);
  }
  return first;
}

function insertionPoint<T>(sorted: readonly T[], item: T, compare: (a: T, b: T) => number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(sorted[middle] as T, item) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}
