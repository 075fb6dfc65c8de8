import type { EntityManager } from 'typeorm';
import { isWhole } from '../../../domain/access.js';
import type { SessionFilter, SessionPageRequest } from '../../../sessions/session-query.js';
import { countsOf, countsQuery, type CountRow, type ListCounts } from '../../read-model/session-page.js';
import { queryNamed } from '../connection/named-query.js';
import { dialectFor } from '../schema/known-histories.js';
import { HISTORIES } from '../schema/postgres-dialect.js';
import type { WordQuery } from './word-query.js';

/** Below these limits results are counted exactly: this many entries, or this many word-index rows if each has to be read. */
export const FEW = { entries: 20_000, read: 2000 };

export type Few = typeof FEW;

/** What a search is estimated to find. */
export interface HitEstimate {
  /** The share of all entries that have a hit. */
  readonly share: number;
  readonly counts: ListCounts;
  /** How many entries the list has without the search, including archived ones. */
  readonly listed: number;
}

/**
 * Estimates how many entries a search finds, from the planner's estimate for its words and the list's own counts; undefined if there are
 * few, or the database has no statistics yet.
 */
export async function estimateCounts(
  manager: EntityManager,
  { filter }: Pick<SessionPageRequest, 'filter'>,
  words: WordQuery,
  few: Few,
): Promise<HitEstimate | undefined> {
  if (!mayBeEstimated(filter)) return undefined;
  const rows = await estimateRows(manager, words);
  // Each entry with a hit has at least one matching row.
  const share = rows < few.entries ? undefined : await shareOf(manager, rows);
  if (share === undefined) return undefined;
  const listed = await listedCounts(manager, filter);
  const counts = shareOfCounts(listed, share);
  if (counts.total < few.entries) return undefined;
  return { share, counts, listed: listed.total + listed.hidden.archived };
}

/**
 * Whether a search may have to read so many messages that its total is extrapolated from the first ones. If few rows are estimated, they
 * are counted up to the limit: the characters of a word occur together more often than chance predicts.
 */
export async function isReadLong(
  manager: EntityManager,
  { filter }: Pick<SessionPageRequest, 'filter'>,
  words: WordQuery,
  few: Few,
): Promise<boolean> {
  if (words.text === undefined || !mayBeEstimated(filter)) return false;
  if ((await estimateRows(manager, words)) >= few.read) return true;
  const rows = await queryNamed<unknown>(
    manager,
    'SELECT 1 FROM session_words w WHERE w.words @@ CAST(:words AS tsquery) OFFSET :few LIMIT 1',
    { words: words.text, few: Math.max(0, few.read - 1) },
  );
  return rows.length > 0;
}

/** Extrapolates how many entries a search finds from those found among the first entries of its list. */
export async function countsLike(
  manager: EntityManager,
  { filter }: Pick<SessionPageRequest, 'filter'>,
  { found, among }: { readonly found: number; readonly among: number },
): Promise<ListCounts> {
  const listed = await listedCounts(manager, filter);
  return shareOfCounts(listed, found / Math.max(found, Math.min(among, listed.total)));
}

/** A restricted key must not learn how often others use a word, and the words of one host are not distributed like those of all. */
function mayBeEstimated({ access }: SessionFilter): boolean {
  return isWhole(access);
}

/** The counts of the list without the search. */
async function listedCounts(
  manager: EntityManager,
  { search: _, ...filter }: SessionFilter,
): Promise<ListCounts> {
  const scope = { dialect: await dialectFor(manager, filter.access), history: HISTORIES };
  const query = countsQuery(filter, scope);
  return countsOf(await queryNamed<CountRow>(manager, query.sql, query.parameters), filter);
}

function shareOfCounts({ total, hidden }: ListCounts, share: number): ListCounts {
  const about = (count: number): number => Math.round(count * share);
  return {
    total: about(total),
    hidden: { archived: about(hidden.archived), children: about(hidden.children) },
  };
}

/** The planner's estimate of the matching word-index rows: from a sample for one word, and assuming independence for several. */
async function estimateRows(manager: EntityManager, { text }: WordQuery): Promise<number> {
  const [plan] = await queryNamed<{ readonly 'QUERY PLAN': readonly [{ readonly Plan: PlanNode }] }>(
    manager,
    'EXPLAIN (FORMAT JSON) SELECT 1 FROM session_words w WHERE w.words @@ CAST(:words AS tsquery)',
    { words: text },
  );
  return plan?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0;
}

/** The share of these rows among all word-index rows; undefined until the table has been analyzed. */
async function shareOf(manager: EntityManager, rows: number): Promise<number | undefined> {
  const [table] = await manager.query<readonly { readonly rows: number }[]>(
    `SELECT reltuples AS rows FROM pg_class WHERE oid = CAST('session_words' AS regclass)`,
  );
  const all = table?.rows ?? 0;
  return all <= 0 ? undefined : Math.min(1, rows / all);
}

/** The first node of a query plan. */
interface PlanNode {
  readonly 'Plan Rows': number;
}
