import type { EntityManager, ObjectLiteral } from 'typeorm';
import type { SqlQuery } from '../../read-model/sql-piece.js';
import { converted, fromStored } from '../schema/stored-text.js';

/** Runs SQL whose parameters have names. */
export function queryNamed<T>(manager: EntityManager, sql: string, parameters: ObjectLiteral): Promise<T[]> {
  const [text, values] = manager.dataSource.driver.escapeQueryWithParameters(sql, parameters);
  return manager.query(text, values);
}

/** The rows of a query with their texts as they were before they were stored. */
export async function readRows<Row extends object>(
  manager: EntityManager,
  { sql, parameters }: SqlQuery<Row>,
): Promise<readonly Row[]> {
  return asBefore(await queryNamed<Row>(manager, sql, parameters));
}

const CURSOR = 'rows_in_parts';

/**
 * As {@link readRows}, some rows at a time, so that they are never all in memory, and none are looked for that nobody takes. There is one such
 * reading at a time in a transaction, the last one if it is not read to its end, and none without a transaction.
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
