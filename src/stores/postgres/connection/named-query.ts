import type { EntityManager, ObjectLiteral } from 'typeorm';

/** Runs SQL whose parameters have names. */
export function queryNamed<T>(manager: EntityManager, sql: string, parameters: ObjectLiteral): Promise<T[]> {
  const [text, values] = manager.dataSource.driver.escapeQueryWithParameters(sql, parameters);
  return manager.query(text, values);
}
