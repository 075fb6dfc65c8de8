import pg from 'pg';

interface Answer {
  readonly rows: readonly unknown[];
}

type Query = (this: pg.Client, ...parameters: unknown[]) => unknown;

/**
 * Calls `tell` with each statement sent to PostgreSQL on connections opened from now on: a connection keeps the query function that it was created
 * with.
 * @returns a function that ends it for later connections.
 */
export function tellStatements(tell: (sql: string) => void): () => void {
  return wrapQueries((query) => {
    return function (...parameters) {
      const [first] = parameters;
      tell(typeof first === 'string' ? first : (first as { readonly text: string }).text);
      return query.apply(this, parameters);
    };
  });
}

/** As {@link tellStatements}, but with the rows of each answer, as the driver returns them. */
export function tellAnswers(tell: (rows: readonly unknown[]) => void): () => void {
  return wrapQueries((query) => {
    return async function (...parameters) {
      const answer = (await query.apply(this, parameters)) as Answer | readonly Answer[];
      // Several statements sent as one have several answers.
      for (const { rows } of [answer].flat() as readonly Answer[]) tell(rows);
      return answer;
    };
  });
}

function wrapQueries(wrapped: (query: Query) => Query): () => void {
  const query = Reflect.get(pg.Client.prototype, 'query') as Query;
  const recording = wrapped(query);
  Reflect.set(pg.Client.prototype, 'query', recording);
  return () => {
    Reflect.set(pg.Client.prototype, 'query', query);
  };
}
