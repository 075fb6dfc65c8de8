import { isDeepStrictEqual } from 'node:util';

/** A piece of SQL with its named parameters, written `:name`. Combined pieces must not use one name for different values. */
export interface SqlPiece {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** A piece without parameters. */
export function fixed(sql: string): SqlPiece {
  return { sql, parameters: {} };
}

/** A whole query with the type of its rows. */
export interface SqlQuery<Row> extends SqlPiece {
  /** Never set: it only carries the row type. */
  readonly row?: Row;
}

/** Joins pieces with AND. */
export function allOf(pieces: readonly SqlPiece[]): SqlPiece {
  return {
    sql: pieces.length === 0 ? 'true' : pieces.map(({ sql }) => `(${sql})`).join(' AND '),
    parameters: together(...pieces.map(({ parameters }) => parameters)),
  };
}

/**
 * The combined parameters of pieces; undefined pieces have none.
 * @throws Error if two pieces use the same name for different values
 */
export function together(...parts: readonly (SqlPiece['parameters'] | undefined)[]): SqlPiece['parameters'] {
  const all: Record<string, unknown> = {};
  for (const [name, value] of parts.flatMap((part) => Object.entries(part ?? {}))) {
    if (Object.hasOwn(all, name) && !isDeepStrictEqual(all[name], value))
      throw new Error(`Two pieces of one statement have a parameter ${name}.`);
    all[name] = value;
  }
  return all;
}

/** A pattern for `LIKE … ESCAPE '\\'` that matches texts with this prefix, in which wildcards are escaped. */
export function beginningWith(text: string): string {
  return `${text.replace(/[\\%_]/g, '\\$&')}%`;
}
