import type { EntityManager } from 'typeorm';
import type { SessionPage, SessionPageRequest } from '../../../sessions/session-query.js';
import {
  countsOf,
  countsQuery,
  kindOf,
  pageKeys,
  toPage,
  type CountRow,
} from '../../read-model/session-page.js';
import { together } from '../../read-model/sql-piece.js';
import { queryNamed } from '../connection/named-query.js';
import { dialectFor } from '../schema/known-histories.js';
import { ENTRIES, HISTORIES } from '../schema/postgres-dialect.js';
import { listedRowsSql, toListed, type ListedEntry, type ListedRow } from './listed-sessions.js';

/**
 * One page of a list without a search. It is one statement, because most of the time is round trips, and one more if only some hosts are
 * requested.
 */
export async function readPage(manager: EntityManager, request: SessionPageRequest): Promise<SessionPage> {
  const { filter, sort, limit } = request;
  const scope = { dialect: await dialectFor(manager, filter.access), history: HISTORIES };
  const { key } = ENTRIES[kindOf(filter)];
  const page = pageKeys(request, scope, `e.history_id, e.${key} AS root_id, e.active_order`);
  const counts = countsQuery(filter, scope);
  const [found] = await queryNamed<FoundPage>(
    manager,
    `WITH page AS MATERIALIZED (${page.sql})
      SELECT (SELECT json_agg(p) FROM page p) AS entries, (SELECT json_agg(c) FROM (${counts.sql}) c) AS counts,
        (SELECT json_agg(r) FROM (${listedRowsSql(manager, 'page', filter.access)}) r) AS rows`,
    together(page.parameters, counts.parameters),
  );
  const entries = found?.entries ?? [];
  const listed = toListed(manager, entries.slice(0, limit), found?.rows ?? [], { ...filter, sort });
  return toPage(listed, entries.length > limit, countsOf(found?.counts ?? [], filter));
}

/** The result of the statement of {@link readPage}; null if there are no rows. */
interface FoundPage {
  readonly entries: readonly ListedEntry[] | null;
  readonly counts: readonly CountRow[] | null;
  readonly rows: readonly ListedRow[] | null;
}
