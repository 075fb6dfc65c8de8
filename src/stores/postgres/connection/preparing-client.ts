import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import { inSpan, POSTGRESQL } from '../../../tracing/span.js';
import { isOutdatedStatement } from './postgres-failure.js';
import { SteadyClient } from './steady-client.js';

/** Most prepared statements per connection: a few hundred statements recur, and the database keeps each in memory. */
const MAX_STATEMENTS = 300;

/** Statements with parameters, whose plans are worth keeping. */
const PLANNED = /^\s*(SELECT|WITH|INSERT|UPDATE|DELETE)\b/i;

type Query = (query: unknown, ...rest: unknown[]) => unknown;

/** The driver's internals for prepared statements, which its types do not declare. */
interface Statements {
  /** The texts of the prepared statements, by name. */
  readonly parsedStatements: Record<string, string>;
  /** Makes the database forget a statement (the protocol's Close message). */
  close(statement: { readonly type: 'S'; readonly name: string }): void;
}

/**
 * A connection that prepares each statement once: parsing and planning a short one takes the database longer than running it. The least
 * recently used statement is evicted, so that one-off statements do not displace frequent ones.
 */
export class PreparingClient extends SteadyClient {
  /** Statement names by SQL text. */
  readonly #names: LRUCache<string, string>;
  #made = 0;

  constructor(config?: string | pg.ClientConfig) {
    super(config);
    const sendQuery = super.query.bind(this) as Query;
    this.#names = new LRUCache({
      max: MAX_STATEMENTS,
      dispose: (name) => {
        this.#forget(name);
      },
    });
    const query = (first: unknown, ...rest: unknown[]): unknown => {
      const [values] = rest;
      const send = (): unknown =>
        typeof first !== 'string' || !Array.isArray(values) || values.length === 0
          ? sendQuery(first, ...rest)
          : this.#heard(
              first,
              sendQuery({ name: this.#nameOf(first), text: first, values }, ...rest.slice(1)),
            );
      return typeof first === 'string' ? inSpan(summaryOf(first), POSTGRESQL, send) : send();
    };
    // Assigned as a property: the driver's type has many overloads, and all of them go through here.
    this.query = query as typeof this.query;
  }

  /** The statement name of a text: the same while it is cached, and never that of another text; undefined if it is not worth preparing. */
  #nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined || !PLANNED.test(text)) return known;
    // Behind a pooler another client may have prepared statements on this connection: the hash makes sure that equal names mean equal
    // texts.
    const name = `${createHash('sha256').update(text).digest('base64url')}_${++this.#made}`;
    this.#names.set(text, name);
    return name;
  }

  /** Drops a statement that the database reports as outdated, so that it is prepared again next time. */
  #heard(text: string, answer: unknown): unknown {
    Promise.resolve(answer).catch((error: unknown) => {
      if (isOutdatedStatement(error)) this.#names.delete(text);
    });
    return answer;
  }

  /** Closes an evicted statement. Close is not a query: it waits for nothing, and works in a failed transaction, too. */
  #forget(name: string): void {
    const { connection } = this as unknown as { readonly connection: Statements };
    Reflect.deleteProperty(connection.parsedStatements, name);
    connection.close({ type: 'S', name });
  }
}

/** The verb and the table of a statement, for spans: the full text is long, and may contain data. */
function summaryOf(text: string): string {
  const [verb = ''] = /\w+/.exec(text) ?? [];
  const [, table = ''] = /\b(?:FROM|INTO|UPDATE|TABLE)\s+([a-z_]+)/.exec(text) ?? [];
  return `${verb.toUpperCase()} ${table}`.trimEnd();
}
