import { LRUCache } from 'lru-cache';
import { selectionAmong } from '../../../sessions/session-filter.js';
import type { StatisticsRequest, SumsRequest } from '../../../sessions/session-statistics.js';
import { groupsQuery, type GroupRow } from '../../read-model/session-statistics.js';
import type { SqlPiece, SqlQuery } from '../../read-model/sql-piece.js';
import { countOf } from '../file/values.js';
import type { IndexView } from '../index/session-index.js';
import type { Steps } from '../index/reading-in-steps.js';
import { SLICE, type SessionSlices } from '../index/session-slices.js';
import { SQLITE } from '../index/sqlite-dialect.js';

/** Most requests whose counts are kept, ignoring times. Dashboards differ in these, and the counts of each take some megabytes on a large history. */
const MAX_REQUESTS = 4;

/** What was counted in one version of a slice. */
interface CountedSlice {
  readonly version: number;
  /** When the first and the last of its sessions began. */
  readonly first: number;
  readonly last: number;
  /** All of its groups; undefined until they are requested. */
  rows?: readonly GroupRow[];
}

type CountedSlices = Map<number, CountedSlice>;

/**
 * The groups that statistics add up. Those of unchanged slices are kept: counting all of 55,000 sessions takes a tenth of a second. Active sessions
 * are not counted here, since that depends on the current time.
 */
export class KeptGroups {
  /** The slices of the open index. */
  #slices: SessionSlices | undefined;
  readonly #requests = new LRUCache<string, CountedSlices>({ max: MAX_REQUESTS });

  *of(
    view: IndexView,
    { since, until, activeSince: _, ...request }: StatisticsRequest,
  ): Steps<readonly GroupRow[]> {
    const counted = this.#countedSlices(view.slices, request);
    const end = countOf(view.reader.value('SELECT max(number) FROM known_sessions'));
    const groups: GroupRow[] = [];
    for (let slice = 0; slice * SLICE <= end; slice++) {
      const known = currentSlice(view, counted, slice);
      const selected = selectionAmong({ since, until }, known);
      if (selected === 'none') continue;
      const kept = selected === 'all' ? known.rows : undefined;
      const rows =
        kept ?? readGroups(view, selected === 'all' ? request : { ...request, since, until }, slice);
      if (selected === 'all') known.rows = rows;
      for (const row of rows) groups.push(row);
      if (kept === undefined) yield;
    }
    return groups;
  }

  #countedSlices(slices: SessionSlices, request: SumsRequest): CountedSlices {
    if (slices !== this.#slices) this.#requests.clear();
    this.#slices = slices;
    const name = JSON.stringify(request);
    let counted = this.#requests.get(name);
    if (counted === undefined) this.#requests.set(name, (counted = new Map()));
    return counted;
  }
}

/** What is known of a slice in its current version. */
function currentSlice({ reader, slices }: IndexView, counted: CountedSlices, slice: number): CountedSlice {
  const version = slices.versionOf(slice);
  const known = counted.get(slice);
  if (known?.version === version) return known;
  const [bounds] = reader.rowsOf(boundsOf(slice));
  const current = { version, first: bounds?.first ?? Infinity, last: bounds?.last ?? -Infinity };
  counted.set(slice, current);
  return current;
}

function readGroups({ reader }: IndexView, request: SumsRequest, slice: number): readonly GroupRow[] {
  return reader.rowsOf(groupsQuery(request, SQLITE, { within: within(slice) }));
}

/** When the first and the last session of a slice began, in epoch seconds; negative if unknown. */
function boundsOf(slice: number): SqlQuery<{ readonly first: number | null; readonly last: number | null }> {
  const { sql, parameters } = within(slice);
  return {
    sql: `SELECT min(e.started_order) AS first, max(e.started_order) AS last FROM known_sessions e WHERE ${sql}`,
    parameters,
  };
}

function within(slice: number): SqlPiece {
  return {
    sql: 'e.number BETWEEN :firstNumber AND :lastNumber',
    parameters: { firstNumber: slice * SLICE, lastNumber: (slice + 1) * SLICE - 1 },
  };
}
