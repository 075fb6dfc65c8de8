import pg from 'pg';

type Query = (this: pg.Client, ...parameters: unknown[]) => unknown;

/**
 * Has each statement told that is sent to PostgreSQL: on connections that are made from now on, for these keep what they send queries by.
 * @returns what ends it for connections that are made later.
 */
export function tellStatements(tell: (sql: string) => void): () => void {
  const query = Reflect.get(pg.Client.prototype, 'query') as Query;
  const recording: Query = function (...parameters) {
    const [first] = parameters;
    tell(typeof first === 'string' ? first : (first as { readonly text: string }).text);
    return query.apply(this, parameters);
  };
  Reflect.set(pg.Client.prototype, 'query', recording);
  return () => {
    Reflect.set(pg.Client.prototype, 'query', query);
  };
}
