import { LRUCache } from 'lru-cache';
import type { EntityManager } from 'typeorm';
import {
  mergeStatistics,
  TallyCount,
  tallyOf,
  type StatisticsRequest,
  type Tally,
} from '../../../sessions/session-statistics.js';
import { allOf, type SqlPiece, type SqlQuery } from '../../read-model/sql-piece.js';
import { groupsQuery, sumsOf, USAGE, type SessionSums } from '../../read-model/session-statistics.js';
import type { Dialect } from '../../read-model/dialect.js';
import { queryNamed, readRows } from '../connection/named-query.js';
import { SLICE } from '../schema/session-slices.js';

/** Names with counts that are kept in all, of some hundred bytes each. */
const MOST_NAMES = 500_000;

/** Where more than this part of all slices has changed, all sessions are read rather than those of each slice. */
const MANY = 0.5;

/** A slice of a history's sessions, and the word for how it is. */
interface SliceRow {
  readonly history_id: number;
  readonly slice: number;
  readonly version: string;
}

/** What was counted of a slice. */
interface CountedSlice {
  readonly version: string;
  /** When the first and the last of the sessions that were counted began; less than 0 where that is not known. */
  readonly first: number;
  readonly last: number;
  readonly sums: SessionSums;
}

type CountedSlices = ReadonlyMap<string, CountedSlice>;

/** Sessions of a slice that have one platform, model or day in common. */
interface MarginRow extends Tally {
  readonly history_id: number;
  readonly slice: number;
  readonly common: 'platform' | 'model' | 'day';
  readonly platform: string;
  readonly model: string | null;
  readonly day: string | null;
  readonly open: number;
  readonly first: number;
  readonly last: number;
}

/**
 * Counts of sessions, of which those of slices that have not changed are kept: counting all of a million takes seconds. Who is active is
 * not among them, since that depends on the time.
 */
export class KeptStatistics {
  /** By what is asked for besides times, in which dashboards differ. */
  readonly #requests = new LRUCache<string, CountedSlices>({
    maxSize: MOST_NAMES,
    sizeCalculation: (slices) => 1 + [...slices.values()].reduce((sum, { sums }) => sum + namesIn(sums), 0),
  });

  /** What the sessions that a request selects have together, in the transaction of a manager. */
  async sums(
    manager: EntityManager,
    { since, until, ...request }: StatisticsRequest,
    dialect: Dialect,
  ): Promise<SessionSums> {
    const counted = await this.#count(manager, request, dialect);
    const isWhole = ({ first, last }: CountedSlice): boolean =>
      (since === undefined || first >= since) && (until === undefined || last < until);
    const isPart = ({ first, last }: CountedSlice): boolean =>
      (since === undefined || last >= since) && (until === undefined || first < until);
    const parts = [...counted].filter(([, slice]) => isPart(slice) && !isWhole(slice)).map(([key]) => key);
    const read = await readSlices(manager, { ...request, since, until }, dialect, parts);
    const whole = [...counted.values()].filter((slice) => isPart(slice) && isWhole(slice));
    return mergeStatistics(
      [...whole, ...read.values()].map(({ sums }) => ({ ...sums, largest: [], unavailableProfiles: [] })),
    );
  }

  /** All slices as they are now; those that are not as they were when they were counted are counted anew. */
  async #count(
    manager: EntityManager,
    request: Omit<StatisticsRequest, 'since' | 'until'>,
    dialect: Dialect,
  ): Promise<CountedSlices> {
    const { activeSince: _, ...named } = request;
    const key = JSON.stringify(named);
    const known = this.#requests.get(key) ?? new Map<string, CountedSlice>();
    const now = await readVersions(manager, request, dialect);
    const changed = [...now].filter(([slice, version]) => known.get(slice)?.version !== version);
    const keys = changed.length > MANY * now.size ? undefined : changed.map(([slice]) => slice);
    const read = changed.length === 0 ? known : await readSlices(manager, request, dialect, keys);
    const counted = new Map(
      [...now].map(([slice, version]) => {
        const kept = known.get(slice);
        return [slice, kept?.version === version ? kept : { ...NOTHING, ...read.get(slice), version }];
      }),
    );
    this.#requests.set(key, counted);
    return counted;
  }
}

const NOTHING = { first: Infinity, last: -Infinity, sums: sumsOf([]) } as const;

function namesIn({ byPlatform, byModel, byDay }: SessionSums): number {
  return 1 + byPlatform.size + byModel.size + byDay.size;
}

/** The words for how slices are, by the slices. */
async function readVersions(
  manager: EntityManager,
  { access }: Pick<StatisticsRequest, 'access'>,
  dialect: Dialect,
): Promise<ReadonlyMap<string, string>> {
  const within = allOf(dialect.within(access, 'e'));
  const rows = await queryNamed<SliceRow>(
    manager,
    `SELECT e.history_id, e.slice, e.version FROM session_slices e WHERE ${within.sql}`,
    within.parameters,
  );
  return new Map(rows.map((row) => [keyOf(row), row.version]));
}

/**
 * Counts what a request selects of some slices; those with none of it are not among them.
 * @param keys the slices; undefined for all.
 */
async function readSlices(
  manager: EntityManager,
  request: StatisticsRequest,
  dialect: Dialect,
  keys: readonly string[] | undefined,
): Promise<ReadonlyMap<string, Omit<CountedSlice, 'version'>>> {
  if (keys?.length === 0) return new Map();
  const bySlice = new Map<string, MarginRow[]>();
  for (const row of await readRows(manager, marginsQuery(request, dialect, keys))) {
    const key = keyOf(row);
    const rows = bySlice.get(key) ?? [];
    bySlice.set(key, rows);
    rows.push(row);
  }
  return new Map([...bySlice].map(([key, rows]) => [key, countedOf(rows)]));
}

/**
 * Selects what the sessions of slices have together: by platform, by model and by day, since that is told and kept, and what all three have
 * in common would be nearly as much as there are sessions.
 */
function marginsQuery(
  request: StatisticsRequest,
  dialect: Dialect,
  keys: readonly string[] | undefined,
): SqlQuery<MarginRow> {
  const groups = groupsQuery({ ...request, activeSince: Infinity }, dialect, {
    within: withinSlices(keys),
    keys: { history_id: 'e.history_id', slice: `e.number / ${SLICE}` },
    facts: { first: 'min(e.started_order)', last: 'max(e.started_order)' },
  });
  const sums = ['sessions', 'conversations', 'messages', 'open'].map(
    (name) => `CAST(sum(${name}) AS bigint) AS ${name}`,
  );
  const usage = Object.keys(USAGE).map((name) => `sum("${name}") AS "${name}"`);
  return {
    sql: `SELECT history_id, slice, platform, model, to_char(day, 'YYYY-MM-DD') AS day,
        CASE GROUPING(platform, model, day) WHEN 3 THEN 'platform' WHEN 5 THEN 'model' ELSE 'day' END AS common,
        min(first) AS first, max(last) AS last, ${[...sums, ...usage].join(', ')}
      FROM (${groups.sql}) g
      GROUP BY GROUPING SETS ((history_id, slice, platform), (history_id, slice, model), (history_id, slice, day))`,
    parameters: groups.parameters,
  };
}

function withinSlices(keys: readonly string[] | undefined): SqlPiece {
  if (keys === undefined) return allOf([]);
  const places = keys.map((key) => key.split(' ').map(Number));
  return {
    sql: `(e.history_id, e.number) IN (SELECT k.history_id, s.number
      FROM (SELECT unnest(CAST(:sliceHistories AS int[])) AS history_id, unnest(CAST(:slices AS bigint[])) AS slice) k
      JOIN sessions s ON s.history_id = k.history_id AND s.number >= k.slice * ${SLICE} AND s.number < (k.slice + 1) * ${SLICE})`,
    parameters: {
      sliceHistories: places.map(([history]) => history),
      slices: places.map(([, slice]) => slice),
    },
  };
}

/** What all rows of a slice say. */
function countedOf(rows: readonly MarginRow[]): Omit<CountedSlice, 'version'> {
  const total = new TallyCount();
  const byPlatform = new Map<string, TallyCount>();
  const byModel = new Map<string | null, TallyCount>();
  const byDay = new Map<string, TallyCount>();
  let openSessions = 0;
  for (const row of rows) {
    if (row.common === 'platform') {
      total.add(row);
      tallyOf(byPlatform, row.platform).add(row);
      openSessions += row.open;
    } else if (row.common === 'model') tallyOf(byModel, row.model).add(row);
    else if (row.day !== null) tallyOf(byDay, row.day).add(row);
  }
  return {
    first: rows.reduce((least, { first }) => Math.min(least, first), Infinity),
    last: rows.reduce((most, { last }) => Math.max(most, last), -Infinity),
    sums: { total, byPlatform, byModel, byDay, openSessions, activeSessions: 0 },
  };
}

function keyOf({ history_id: history, slice }: Pick<SliceRow, 'history_id' | 'slice'>): string {
  return `${history} ${slice}`;
}
