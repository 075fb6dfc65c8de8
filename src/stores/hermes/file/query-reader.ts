import type { Database } from 'better-sqlite3';
import type { DataSource, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { SqliteReader, type Row, type SqlValue } from './sqlite-reader.js';

/** A reader that also runs what TypeORM's query builder builds. */
export class QueryReader extends SqliteReader {
  constructor(
    db: Database,
    private readonly dataSource: DataSource,
  ) {
    super(db);
  }

  /** A new query, to be run by {@link rows}. */
  query(): SelectQueryBuilder<ObjectLiteral> {
    return this.dataSource.createQueryBuilder() as SelectQueryBuilder<ObjectLiteral>;
  }

  /** All rows of a query. */
  rows(query: SelectQueryBuilder<ObjectLiteral>): readonly Row[] {
    const [sql, parameters] = query.getQueryAndParameters() as [string, SqlValue[]];
    return this.all(sql, ...parameters);
  }

  /** The number that a `count(*)` query gives. */
  count(query: SelectQueryBuilder<ObjectLiteral>): number {
    return Number(Object.values(this.rows(query)[0] ?? {})[0] ?? 0);
  }
}
