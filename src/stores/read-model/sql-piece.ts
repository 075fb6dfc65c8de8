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
    parameters: Object.assign({}, ...pieces.map(({ parameters }) => parameters)) as SqlPiece['parameters'],
  };
}

/** A pattern for `LIKE … ESCAPE '\\'` that fits what begins with a text: it may hold what LIKE takes for more. */
export function beginningWith(text: string): string {
  return `${text.replace(/[\\%_]/g, '\\$&')}%`;
}
