import type { HermesConnection } from '../file/hermes-connection.js';
import type { IndexSource } from '../file/sqlite-reader.js';
import { HistoryComparison, type ComparedMessages, type ComparedRows } from './history-comparison.js';
import type { IndexThread } from './index-thread.js';

/** Finds where a history differs from its index, in batches; see {@link HistoryComparison}. */
export interface IndexComparison {
  rows(afterRowid: number, limit: number): Promise<ComparedRows>;
  messages(from: string): Promise<ComparedMessages>;
  owners(from: string): Promise<ComparedMessages>;
}

/** Compares on the thread that reads the whole file. */
export class ThreadComparison implements IndexComparison {
  constructor(
    private readonly thread: IndexThread,
    private readonly index: IndexSource,
  ) {}

  rows(afterRowid: number, limit: number): Promise<ComparedRows> {
    return this.thread.run<'compareRows'>({ kind: 'compareRows', index: this.index, afterRowid, limit });
  }

  messages(from: string): Promise<ComparedMessages> {
    return this.thread.run<'compareMessages'>({ kind: 'compareMessages', index: this.index, from });
  }

  owners(from: string): Promise<ComparedMessages> {
    return this.thread.run<'compareOwners'>({ kind: 'compareOwners', index: this.index, from });
  }
}

/** Compares on the connection that answers requests: an index in that connection's memory cannot be read from elsewhere. */
export class OwnComparison implements IndexComparison {
  constructor(private readonly connection: HermesConnection) {}

  rows(afterRowid: number, limit: number): Promise<ComparedRows> {
    return this.#compare((comparison) => comparison.compareRows(afterRowid, limit));
  }

  messages(from: string): Promise<ComparedMessages> {
    return this.#compare((comparison) => comparison.compareMessages(from));
  }

  owners(from: string): Promise<ComparedMessages> {
    return this.#compare((comparison) => comparison.compareOwners(from));
  }

  #compare<T>(compare: (comparison: HistoryComparison) => T): Promise<T> {
    return this.connection.snapshot((history) => compare(new HistoryComparison(history)));
  }
}
