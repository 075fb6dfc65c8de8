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

/** Names with counts that are kept in all, of some hundred bytes each. */
const MOST_NAMES = 500_000;

/**
 * Slices that are counted one by one at most. Numbers are given to the sessions of all hosts in turn, so that many small hosts have as
 * many slices as sessions.
 */
const MOST_SLICES = 2000;

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

/** Sessions that have one platform, model or day in common. */
interface MarginRow extends GroupRow {
  readonly common: 'platform' | 'model' | 'day';
}

/** Such sessions of a slice. */
interface SliceMarginRow
  extends MarginRow, Omit<SliceRow, 'version'>, Omit<CountedSlice, 'version' | 'sums'> {}

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

  /** All slices as they are `now`; those that are not as they were when they were counted are counted anew. */
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

/** The words for how slices are, by the slices; undefined where there are too many of them. */
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

/** Counts what a request selects at once, and keeps nothing. */
async function sumsWithoutSlices(
  manager: EntityManager,
  request: SumsRequest,
  dialect: Dialect,
): Promise<SessionSums> {
  return sumsOfMargins(await readRows(manager, marginsOf(groupsQuery(request, dialect), [])));
}

/**
 * Counts what a request selects of some slices; those with none of it are not among them.
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

/** Selects what the sessions of slices have together. @param keys the slices; undefined for all. */
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
 * Selects what groups have together: by platform, by model and by day, since that is told and kept, and what all three have in common would
 * be nearly as much as there are sessions.
 * @param keys by which the groups are kept apart.
 * @param facts what besides is told of them.
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

/** Which of the three a row is of. */
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

/** What all rows of a slice say. */
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
