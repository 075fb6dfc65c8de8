import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { OpenHistory } from '../file/hermes-connection.js';

/** Totals that are remembered; far more than transcripts are read at a time. */
const CAPACITY = 5000;

/**
 * Remembers how many messages transcripts have while the file is unchanged: whoever pages through one asks for
 * its total with every page, and counting reads every message of it.
 */
export class TranscriptTotals {
  readonly #totals = new Map<string, number>();
  #moment = '';

  /** The number that a `count(*)` query gives at this moment of the file. */
  of({ reader, opening }: OpenHistory, query: SelectQueryBuilder<ObjectLiteral>): number {
    const moment = `${opening}.${reader.version()}`;
    if (moment !== this.#moment || this.#totals.size >= CAPACITY) this.#totals.clear();
    this.#moment = moment;
    const key = JSON.stringify(query.getQueryAndParameters());
    let total = this.#totals.get(key);
    if (total === undefined) {
      total = reader.count(query);
      this.#totals.set(key, total);
    }
    return total;
  }
}
