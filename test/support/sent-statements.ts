import pg from 'pg';

interface Answer {
  readonly rows: readonly unknown[];
}

type Query = (this: pg.Client, ...parameters: unknown[]) => unknown;

/**
 * Has each statement told that is sent to PostgreSQL: on connections that are made from now on, for these keep what they send queries by.
 * @returns what ends it for connections that are made later.
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

/** As {@link tellStatements}, each answer: its rows, as the driver hands them over. */
export function tellAnswers(tell: (rows: readonly unknown[]) => void): () => void {
  return wrapQueries((query) => {
    return async function (...parameters) {
      const answer = (await query.apply(this, parameters)) as Answer | readonly Answer[];
      // Several statements that are sent as one have several answers.
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
