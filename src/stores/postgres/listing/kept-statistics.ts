import { LRUCache } from 'lru-cache';
import type { EntityManager } from 'typeorm';
import { groupBy } from '../../../sessions/lineage/groups.js';
import { selectionAmong } from '../../../sessions/session-filter.js';
import {
  mergeSums,
  TallyCount,
  tallyOf,
  type SessionSums,
  type StatisticsRequest,
  type SumsRequest,
} from '../../../sessions/session-statistics.js';
import { allOf, type SqlPiece, type SqlQuery } from '../../read-model/sql-piece.js';
import { groupsQuery, SUMMED, sumsOf, type GroupRow } from '../../read-model/session-statistics.js';
import type { Dialect } from '../../read-model/dialect.js';
import { queryNamed, readRows } from '../connection/named-query.js';
import { SLICE } from '../schema/session-slices.js';

/** Capacity of the cache, in names with counts of some hundred bytes each. */
const MOST_NAMES = 500_000;

/**
 * Above this many slices, sessions are counted without slices. Sessions of all hosts are numbered in turn, so many small hosts have as
 * many slices as sessions.
 */
const MOST_SLICES = 2000;

/** If more than this share of the slices has changed, all sessions are read rather than those slices. */
const MANY = 0.5;

/** A slice of a history's sessions, and its version. */
interface SliceRow {
  readonly history_id: number;
  readonly slice: number;
  readonly version: string;
}

/** The cached counts of a slice. */
interface CountedSlice {
  readonly version: string;
  /** Start of the first and the last counted session; negative if unknown. */
  readonly first: number;
  readonly last: number;
  readonly sums: SessionSums;
}

type CountedSlices = ReadonlyMap<string, CountedSlice>;

/** Sums of the sessions with the same platform, model or day. */
interface MarginRow extends GroupRow {
  readonly common: 'platform' | 'model' | 'day';
}

/** Such sums of one slice. */
interface SliceMarginRow
  extends MarginRow, Omit<SliceRow, 'version'>, Omit<CountedSlice, 'version' | 'sums'> {}

/**
 * Statistics of sessions, cached by slice until the slice changes: counting a million sessions takes seconds. Active sessions are not
 * included, because they depend on the current time.
 */
export class KeptStatistics {
  /** By request without its time range, in which dashboards differ. */
  readonly #requests = new LRUCache<string, CountedSlices>({
    maxSize: MOST_NAMES,
    sizeCalculation: (slices) => 1 + [...slices.values()].reduce((sum, { sums }) => sum + namesIn(sums), 0),
  });

  /** The sums of the sessions that a request selects, in the manager's transaction. */
  async sums(
    manager: EntityManager,
    { activeSince: _, ...asked }: StatisticsRequest,
    dialect: Dialect,
  ): Promise<SessionSums> {
    const versions = await readVersions(manager, asked, dialect);
    if (versions === undefined) return sumsWithoutSlices(manager, asked, dialect);
    const { since, until, ...request } = asked;
    const parts: SessionSums[] = [];
    const inPart: string[] = [];
    for (const [key, slice] of await this.#count(manager, request, dialect, versions)) {
      const selected = selectionAmong({ since, until }, slice);
      if (selected === 'all') parts.push(slice.sums);
      if (selected === 'some') inPart.push(key);
    }
    const read = await readSlices(manager, asked, dialect, inPart);
    return mergeSums([...parts, ...[...read.values()].map(({ sums }) => sums)]);
  }

  /** The counts of all slices at the versions in `now`; changed slices are counted again. */
  async #count(
    manager: EntityManager,
    request: Omit<SumsRequest, 'since' | 'until'>,
    dialect: Dialect,
    now: ReadonlyMap<string, string>,
  ): Promise<CountedSlices> {
    const key = JSON.stringify(request);
    const known = this.#requests.get(key) ?? new Map<string, CountedSlice>();
    const changed = [...now].filter(([slice, version]) => known.get(slice)?.version !== version);
    if (changed.length === 0 && known.size === now.size) return known;
    const keys = changed.length > MANY * now.size ? undefined : changed.map(([slice]) => slice);
    const read = await readSlices(manager, request, dialect, keys);
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

/** The versions of the slices, by slice key; undefined if there are too many slices. */
async function readVersions(
  manager: EntityManager,
  { access }: Pick<StatisticsRequest, 'access'>,
  dialect: Dialect,
): Promise<ReadonlyMap<string, string> | undefined> {
  const within = allOf(dialect.within(access, 'e'));
  const rows = await queryNamed<SliceRow>(
    manager,
    `SELECT e.history_id, e.slice, e.version FROM session_slices e WHERE ${within.sql} LIMIT ${MOST_SLICES + 1}`,
    within.parameters,
  );
  return rows.length > MOST_SLICES ? undefined : new Map(rows.map((row) => [keyOf(row), row.version]));
}

/** Counts everything that a request selects with one query, without caching. */
async function sumsWithoutSlices(
  manager: EntityManager,
  request: SumsRequest,
  dialect: Dialect,
): Promise<SessionSums> {
  return sumsOfMargins(await readRows(manager, marginsOf(groupsQuery(request, dialect), [])));
}

/**
 * Counts what a request selects of some slices; slices without a selected session are omitted.
 * @param keys the slices; undefined for all.
 */
async function readSlices(
  manager: EntityManager,
  request: SumsRequest,
  dialect: Dialect,
  keys: readonly string[] | undefined,
): Promise<ReadonlyMap<string, Omit<CountedSlice, 'version'>>> {
  if (keys?.length === 0) return new Map();
  const bySlice = groupBy(await readRows(manager, marginsQuery(request, dialect, keys)), keyOf);
  return new Map([...bySlice].map(([key, rows]) => [key, countedOf(rows)]));
}

/** Selects the sums of slices by platform, model and day. @param keys the slices; undefined for all. */
function marginsQuery(
  request: SumsRequest,
  dialect: Dialect,
  keys: readonly string[] | undefined,
): SqlQuery<SliceMarginRow> {
  const groups = groupsQuery(request, dialect, {
    within: withinSlices(keys),
    keys: { history_id: 'e.history_id', slice: `e.number / ${SLICE}` },
    facts: { first: 'min(e.started_order)', last: 'max(e.started_order)' },
  });
  return marginsOf(groups, ['history_id', 'slice'], ['min(first) AS first', 'max(last) AS last']);
}

/**
 * Sums groups by platform, by model and by day, because only these sums are reported and cached. Sums by all three together would be
 * nearly as many as the sessions.
 * @param keys columns that keep groups apart.
 * @param facts further columns to select.
 */
function marginsOf<Row extends MarginRow>(
  groups: SqlQuery<GroupRow>,
  keys: readonly string[],
  facts: readonly string[] = [],
): SqlQuery<Row> {
  const sums = ['sessions', 'conversations', 'messages', 'open'].map(
    (name) => `CAST(sum(${name}) AS bigint) AS ${name}`,
  );
  const usage = Object.keys(SUMMED).map((name) => `sum("${name}") AS "${name}"`);
  const told = [
    ...keys,
    'platform',
    'model',
    `to_char(day, 'YYYY-MM-DD') AS day`,
    COMMON,
    ...facts,
    ...sums,
    ...usage,
  ];
  const sets = ['platform', 'model', 'day'].map((name) => `(${[...keys, name].join(', ')})`);
  return {
    sql: `SELECT ${told.join(', ')} FROM (${groups.sql}) g GROUP BY GROUPING SETS (${sets.join(', ')})`,
    parameters: groups.parameters,
  };
}

/** Which of the three a row is grouped by. */
const COMMON = `CASE GROUPING(platform, model, day) WHEN 3 THEN 'platform' WHEN 5 THEN 'model' ELSE 'day' END AS common`;

function withinSlices(keys: readonly string[] | undefined): SqlPiece {
  if (keys === undefined) return allOf([]);
  const places = keys.map((key) => key.split(' ').map(Number));
  return {
    sql: `(e.history_id, e.number) IN (SELECT k.history_id, s.number
      FROM (SELECT unnest(CAST(:sliceHistories AS int[])) AS history_id, unnest(CAST(:slices AS bigint[])) AS slice) k
      JOIN sessions s ON s.history_id = k.history_id AND s.number BETWEEN k.slice * ${SLICE} AND k.slice * ${SLICE} + ${SLICE - 1})`,
    parameters: {
      sliceHistories: places.map(([history]) => history),
      slices: places.map(([, slice]) => slice),
    },
  };
}

/** The counts of a slice from all its rows. */
function countedOf(rows: readonly SliceMarginRow[]): Omit<CountedSlice, 'version'> {
  return {
    first: rows.reduce((least, { first }) => Math.min(least, first), Infinity),
    last: rows.reduce((most, { last }) => Math.max(most, last), -Infinity),
    sums: sumsOfMargins(rows),
  };
}

function sumsOfMargins(rows: readonly MarginRow[]): SessionSums {
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
  return { total, openSessions, byPlatform, byModel, byDay };
}

function keyOf({ history_id: history, slice }: Pick<SliceRow, 'history_id' | 'slice'>): string {
  return `${history} ${slice}`;
}
