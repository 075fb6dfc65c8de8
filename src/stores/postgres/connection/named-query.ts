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
  const rows = await queryNamed<Row>(manager, sql, parameters);
  return rows.map((row) => {
    const texts = Object.entries(row).map(([column, value]) => [column, converted(value, fromStored)]);
    return Object.fromEntries(texts) as Row;
  });
}
