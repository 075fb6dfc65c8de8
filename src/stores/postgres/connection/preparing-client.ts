import { createHash } from 'node:crypto';
import pg from 'pg';

/** Statements that one connection keeps: a few hundred forms are asked for again and again, and the database keeps each in memory. */
const MAX_STATEMENTS = 300;

/** Statements with parameters, whose plans are worth keeping. */
const PLANNED = /^\s*(SELECT|WITH|INSERT|UPDATE|DELETE)\b/i;

type Query = (query: unknown, ...rest: unknown[]) => unknown;

/** A connection that has each statement parsed and planned once: for short ones that takes the database longer than to run them. */
export class PreparingClient extends pg.Client {
  readonly #names = new Map<string, string>();

  constructor(config?: string | pg.ClientConfig) {
    super(config);
    const sendQuery = super.query.bind(this) as Query;
    const query = (first: unknown, ...rest: unknown[]): unknown => {
      const [values] = rest;
      if (typeof first !== 'string' || !Array.isArray(values) || values.length === 0)
        return sendQuery(first, ...rest);
      return sendQuery({ name: this.#nameOf(first), text: first, values }, ...rest.slice(1));
    };
    // As a property: the driver's type has an overload for each way of asking, all of which go through here.
    this.query = query as typeof this.query;
  }

  /** The same for the same text; none for what is not worth it. */
  #nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= MAX_STATEMENTS || !PLANNED.test(text)) return known;
    const name = createHash('sha256').update(text).digest('base64url');
    this.#names.set(text, name);
    return name;
  }
}
