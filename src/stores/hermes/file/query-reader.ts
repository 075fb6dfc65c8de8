import type { Database } from 'better-sqlite3';
import type { DataSource, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { SqliteReader, type Row, type SqlValue } from './sqlite-reader.js';

type Query = SelectQueryBuilder<ObjectLiteral>;

/** A reader that also runs what TypeORM's query builder builds. */
export class QueryReader extends SqliteReader {
  readonly #texts = new Map<string, string>();

  constructor(
    db: Database,
    private readonly dataSource: DataSource,
  ) {
    super(db);
  }

  /** A new query, to be run by {@link rows}. */
  query(): Query {
    return this.dataSource.createQueryBuilder() as Query;
  }

  /** The SQL of a query that never changes, cached under a name: building it costs more than running it. */
  textOf(name: string, build: (query: Query) => Query): string {
    let text = this.#texts.get(name);
    if (text === undefined) this.#texts.set(name, (text = build(this.query()).getQuery()));
    return text;
  }

  /** All rows of a query. */
  rows(query: Query): readonly Row[] {
    const [sql, parameters] = query.getQueryAndParameters() as [string, SqlValue[]];
    return this.all(sql, ...parameters);
  }

  /** The number that a `count(*)` query gives. */
  count(query: Query): number {
    return Number(Object.values(this.rows(query)[0] ?? {})[0] ?? 0);
  }
}
