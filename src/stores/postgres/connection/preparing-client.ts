import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import { inSpan, POSTGRESQL } from '../../../tracing/span.js';
import { isOutdatedStatement } from './postgres-failure.js';
import { SteadyClient } from './steady-client.js';

/** Statements that one connection keeps: a few hundred forms are asked for again and again, and the database keeps each in memory. */
const MAX_STATEMENTS = 300;

/** Statements with parameters, whose plans are worth keeping. */
const PLANNED = /^\s*(SELECT|WITH|INSERT|UPDATE|DELETE)\b/i;

type Query = (query: unknown, ...rest: unknown[]) => unknown;

/** What the driver has for a connection's statements, beside what it declares. */
interface Statements {
  /** The texts of what was prepared, by name. */
  readonly parsedStatements: Record<string, string>;
  /** Tells the database to forget one (the message Close of its protocol). */
  close(statement: { readonly type: 'S'; readonly name: string }): void;
}

/**
 * A connection that has each statement parsed and planned once: for short ones that takes the database longer than to run them. What was
 * asked for least recently makes room, so that whoever asks in thousands of ways takes no place from what is asked all the time.
 */
export class PreparingClient extends SteadyClient {
  /** Names by text. */
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
    // As a property: the driver's type has an overload for each way of asking, all of which go through here.
    this.query = query as typeof this.query;
  }

  /** The same for the same text as long as it is kept, and never that of another; none for what is not worth it. */
  #nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined || !PLANNED.test(text)) return known;
    // Behind a pooler another client may have prepared on the same connection: by the same name nothing but the same text.
    const name = `${createHash('sha256').update(text).digest('base64url')}_${++this.#made}`;
    this.#names.set(text, name);
    return name;
  }

  /** What became of a statement. One whose preparation is of use no more is prepared anew the next time. */
  #heard(text: string, answer: unknown): unknown {
    Promise.resolve(answer).catch((error: unknown) => {
      if (isOutdatedStatement(error)) this.#names.delete(text);
    });
    return answer;
  }

  /** Nobody asks for this name any more. The message is no query: it waits for nothing, and is heard in a transaction that has failed, too. */
  #forget(name: string): void {
    const { connection } = this as unknown as { readonly connection: Statements };
    Reflect.deleteProperty(connection.parsedStatements, name);
    connection.close({ type: 'S', name });
  }
}

/** What a statement does, and to which table: its text is long, and one that is no constant could tell more. */
function summaryOf(text: string): string {
  const [verb = ''] = /\w+/.exec(text) ?? [];
  const [, table = ''] = /\b(?:FROM|INTO|UPDATE|TABLE)\s+([a-z_]+)/.exec(text) ?? [];
  return `${verb.toUpperCase()} ${table}`.trimEnd();
}
