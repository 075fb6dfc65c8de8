import { isDeepStrictEqual } from 'node:util';

/** A piece of SQL with its parameters, which it names `:name`. Names must differ between pieces that are put together. */
export interface SqlPiece {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** A whole query, and what its rows are. */
export interface SqlQuery<Row> extends SqlPiece {
  /** Never there: only the type of a row is told. */
  readonly row?: Row;
}

/** Pieces that all have to hold. */
export function allOf(pieces: readonly SqlPiece[]): SqlPiece {
  return {
    sql: pieces.length === 0 ? 'true' : pieces.map(({ sql }) => `(${sql})`).join(' AND '),
    parameters: together(...pieces.map(({ parameters }) => parameters)),
  };
}

/**
 * The parameters of pieces that are put together; of pieces that are not there, none.
 * @throws Error where two of them mean something else by the same name: one would be asked for what the other seeks.
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

/** A pattern for `LIKE … ESCAPE '\\'` that fits what begins with a text: it may hold what LIKE takes for more. */
export function beginningWith(text: string): string {
  return `${text.replace(/[\\%_]/g, '\\$&')}%`;
}
