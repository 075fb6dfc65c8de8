import type { EntityManager } from 'typeorm';
import { isWhole } from '../../../sessions/session-access.js';
import type { SessionPageRequest } from '../../../sessions/session-query.js';
import { countsOf, countsQuery, type CountRow, type ListCounts } from '../../read-model/session-page.js';
import { queryNamed } from '../connection/named-query.js';
import { dialectFor } from '../schema/known-histories.js';
import { HISTORIES } from '../schema/postgres-dialect.js';
import type { WordQuery } from './word-query.js';

/** Fewer entries than these are counted in little time. */
export const FEW_ENTRIES = 20_000;

/** What is expected of a search. */
export interface HitEstimate {
  /** The part of all that is hit. */
  readonly share: number;
  readonly counts: ListCounts;
}

/**
 * About how many entries a search finds, by what the database knows of its words and the list has without them; undefined where there are
 * few, or nothing is known.
 * @param few fewer than these are counted rather than estimated.
 */
export async function estimateCounts(
  manager: EntityManager,
  { filter }: Pick<SessionPageRequest, 'filter'>,
  words: WordQuery,
  few: number,
): Promise<HitEstimate | undefined> {
  // How often others say a word is nothing that a limited key may learn, and one host's words are not those of all.
  if (!words.isExact || !isWhole(filter.access)) return undefined;
  const rows = await estimateRows(manager, words);
  // Each entry that is hit has one of them at least.
  const share = rows < few ? undefined : await shareOf(manager, rows);
  if (share === undefined) return undefined;
  const { search: _, ...listed } = filter;
  const query = countsQuery(listed, {
    dialect: await dialectFor(manager, filter.access),
    history: HISTORIES,
  });
  const counts = countsOf(await queryNamed<CountRow>(manager, query.sql, query.parameters), filter);
  const about = (count: number): number => Math.round(count * share);
  const { total, hidden } = counts;
  if (about(total) < few) return undefined;
  return {
    share,
    counts: {
      total: about(total),
      hidden: { archived: about(hidden.archived), children: about(hidden.children) },
    },
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
