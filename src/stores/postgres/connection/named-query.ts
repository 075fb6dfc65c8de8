import type { EntityManager, ObjectLiteral } from 'typeorm';
import type { SqlQuery } from '../../read-model/sql-piece.js';
import { converted, fromStored } from '../schema/stored-text.js';

/** Runs SQL with named parameters. */
export function queryNamed<T>(manager: EntityManager, sql: string, parameters: ObjectLiteral): Promise<T[]> {
  const [text, values] = manager.dataSource.driver.escapeQueryWithParameters(sql, parameters);
  return manager.query(text, values);
}

/** The rows of a query, with stored texts decoded. */
export async function readRows<Row extends object>(
  manager: EntityManager,
  { sql, parameters }: SqlQuery<Row>,
): Promise<readonly Row[]> {
  return asBefore(await queryNamed<Row>(manager, sql, parameters));
}

const CURSOR = 'rows_in_parts';

/**
 * As {@link readRows}, in batches from a cursor, so that the rows are never all in memory, and rows that the caller does not take are not
 * computed. It needs a transaction. A transaction can have only one such cursor at a time; one that is not read to its end stays open.
 */
export async function* readInParts<Row extends object>(
  manager: EntityManager,
  { sql, parameters }: SqlQuery<Row>,
  atOnce: number,
): AsyncGenerator<readonly Row[]> {
  await queryNamed(manager, `DECLARE ${CURSOR} NO SCROLL CURSOR FOR ${sql}`, parameters);
  for (;;) {
    const rows = await manager.query<Row[]>(`FETCH ${atOnce} FROM ${CURSOR}`);
    if (rows.length > 0) yield asBefore(rows);
    if (rows.length < atOnce) break;
  }
  await manager.query(`CLOSE ${CURSOR}`);
}

function asBefore<Row extends object>(rows: readonly Row[]): readonly Row[] {
  return rows.map((row) => {
    const texts = Object.entries(row).map(([column, value]) => [column, converted(value, fromStored)]);
    return Object.fromEntries(texts) as Row;
  });
}
