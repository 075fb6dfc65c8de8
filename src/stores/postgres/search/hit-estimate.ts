import type { EntityManager } from 'typeorm';
import { isWhole } from '../../../sessions/session-access.js';
import type { SessionFilter, SessionPageRequest } from '../../../sessions/session-query.js';
import { countsOf, countsQuery, type CountRow, type ListCounts } from '../../read-model/session-page.js';
import { queryNamed } from '../connection/named-query.js';
import { dialectFor } from '../schema/known-histories.js';
import { HISTORIES } from '../schema/postgres-dialect.js';
import type { WordQuery } from './word-query.js';

/** What is counted in little time: fewer entries than these, or fewer rows of words than these where each has to be read to be sure. */
export const FEW = { entries: 20_000, read: 2000 };

export type Few = typeof FEW;

/** What is expected of a search. */
export interface HitEstimate {
  /** The part of all that is hit. */
  readonly share: number;
  readonly counts: ListCounts;
  /** How many entries the list has without the search, archived ones included. */
  readonly listed: number;
}

/**
 * About how many entries a search finds, by what the database knows of its words and the list has without them; undefined where there are
 * few, or nothing is known.
 */
export async function estimateCounts(
  manager: EntityManager,
  { filter }: Pick<SessionPageRequest, 'filter'>,
  words: WordQuery,
  few: Few,
): Promise<HitEstimate | undefined> {
  if (!mayBeEstimated(filter)) return undefined;
  const rows = await estimateRows(manager, words);
  // Each entry that is hit has one of them at least.
  const share = rows < few.entries ? undefined : await shareOf(manager, rows);
  if (share === undefined) return undefined;
  const listed = await listedCounts(manager, filter);
  const counts = shareOfCounts(listed, share);
  if (counts.total < few.entries) return undefined;
  return { share, counts, listed: listed.total + listed.hidden.archived };
}

/**
 * Whether so many messages may have to be read for a search that a few of them are to tell how many entries it finds. What is expected to be rare
 * is counted so far: the characters of a word meet more often than by chance.
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

/** About how many entries a search finds, by those that were found among the first ones of its list. */
export async function countsLike(
  manager: EntityManager,
  { filter }: Pick<SessionPageRequest, 'filter'>,
  { found, among }: { readonly found: number; readonly among: number },
): Promise<ListCounts> {
  const listed = await listedCounts(manager, filter);
  return shareOfCounts(listed, found / Math.max(found, Math.min(among, listed.total)));
}

/** How often others say a word is nothing that a limited key may learn, and one host's words are not those of all. */
function mayBeEstimated({ access }: SessionFilter): boolean {
  return isWhole(access);
}

/** What the list has without the search. */
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

/** The rows of words that fit, as PostgreSQL's planner expects it: of a word from a sample, of several as if they met by chance. */
async function estimateRows(manager: EntityManager, { text }: WordQuery): Promise<number> {
  const [plan] = await queryNamed<{ readonly 'QUERY PLAN': readonly [{ readonly Plan: PlanNode }] }>(
    manager,
    'EXPLAIN (FORMAT JSON) SELECT 1 FROM session_words w WHERE w.words @@ CAST(:words AS tsquery)',
    { words: text },
  );
  return plan?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0;
}

/** Which part of all rows of words some are; undefined until the database has taken a sample. */
async function shareOf(manager: EntityManager, rows: number): Promise<number | undefined> {
  const [table] = await manager.query<readonly { readonly rows: number }[]>(
    `SELECT reltuples AS rows FROM pg_class WHERE oid = CAST('session_words' AS regclass)`,
  );
  const all = table?.rows ?? 0;
  return all <= 0 ? undefined : Math.min(1, rows / all);
}

/** What a plan says of its first step. */
interface PlanNode {
  readonly 'Plan Rows': number;
}
