import type { EntityManager, ObjectLiteral } from 'typeorm';

/** A piece of SQL with its parameters, which it names `:name`. Names must differ between pieces that are put together. */
export interface SqlPiece {
  readonly sql: string;
  readonly parameters: ObjectLiteral;
}

/** Runs SQL whose parameters have names. */
export function queryNamed<T>(manager: EntityManager, sql: string, parameters: ObjectLiteral): Promise<T[]> {
  const [text, values] = manager.dataSource.driver.escapeQueryWithParameters(sql, parameters);
  return manager.query(text, values);
}

/** Pieces that all have to hold. */
export function allOf(pieces: readonly SqlPiece[]): SqlPiece {
  return {
    sql: pieces.length === 0 ? 'true' : pieces.map(({ sql }) => `(${sql})`).join(' AND '),
    parameters: Object.assign({}, ...pieces.map(({ parameters }) => parameters)) as ObjectLiteral,
  };
}
