import type { EntityManager } from 'typeorm';
import type { SessionAccess } from '../../../domain/access.js';
import type { Dialect } from '../../read-model/dialect.js';
import { allOf } from '../../read-model/sql-piece.js';
import { queryNamed } from '../connection/named-query.js';
import { historyConditions, POSTGRES } from './postgres-dialect.js';

/**
 * A dialect that names the accessible histories by number. PostgreSQL cannot estimate which histories a sub-select returns, and would
 * search the entries of all histories for those of one host.
 */
export async function dialectFor(manager: EntityManager, access: SessionAccess): Promise<Dialect> {
  const conditions = historyConditions(access, 'w');
  if (conditions.length === 0) return POSTGRES;
  const within = allOf(conditions);
  const rows = await queryNamed<{ history_id: number }>(
    manager,
    `SELECT w.history_id FROM (SELECT id AS history_id FROM histories) w WHERE ${within.sql}`,
    within.parameters,
  );
  const ids = rows.map(({ history_id: id }) => id);
  const [only] = ids;
  // For a single history an index returns the entries in order.
  return only !== undefined && ids.length === 1
    ? inHistories((column) => `${column} = :accessHistory`, { accessHistory: only })
    : inHistories((column) => `${column} = ANY(:accessHistories)`, { accessHistories: ids });
}

function inHistories(
  condition: (column: string) => string,
  parameters: Readonly<Record<string, unknown>>,
): Dialect {
  return { ...POSTGRES, within: (_access, alias) => [{ sql: condition(`${alias}.history_id`), parameters }] };
}
