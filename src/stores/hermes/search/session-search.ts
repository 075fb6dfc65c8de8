import type { SessionMatch } from '../../../domain/session.js';
import type { SessionPageRequest } from '../../../sessions/session-query.js';
import type { ListCounts } from '../../read-model/session-page.js';
import type { ListedEntry } from '../listing/listed-entries.js';
import { DomainError } from '../../../domain/errors.js';
import { Deadline, DeadlineError } from '../../../sessions/search/deadline.js';
import type { HermesConnection, OpenHistory } from '../file/hermes-connection.js';
import type { IndexSource } from '../file/sqlite-reader.js';
import type { SessionIndex } from '../index/session-index.js';
import type { EntryHit } from './excerpts.js';
import { HistorySearch, type SearchFindings, type SearchRequest } from './history-search.js';
import type { Asking, SearchThreads } from './search-threads.js';
import type { IndexSupplements } from './index-supplements.js';

/** The entries of a page of results, and one more if there is one, as the index knew them at the time. */
export interface FoundPage {
  readonly entries: readonly ListedEntry[];
  readonly counts: ListCounts;
  /** Whether hits may be missing because a search index is not complete. */
  readonly incomplete: boolean;
  /** The opening of the index whose session numbers the entries have; in another opening these may be other sessions. */
  readonly opening: number;
}

/** A search whose deadline has not been set yet. */
type SoughtPage = Omit<SearchRequest, 'deadline'>;

/** Search from the server's main thread. */
export class SessionSearch {
  /** The search for an index in memory. */
  #here: { readonly history: OpenHistory; readonly search: HistorySearch } | undefined;

  constructor(
    private readonly profile: string,
    private readonly threads: SearchThreads,
    private readonly index: SessionIndex,
    private readonly connection: HermesConnection,
    private readonly supplements: IndexSupplements,
  ) {}

  /**
   * Finds messages and titles, and selects a page of the entries that they belong to, with an index that knows everything committed.
   * @param every returns only every n-th entry of the page.
   * @returns undefined if there is nothing to search for.
   * @throws {DomainError} `search_timeout`, `search_busy`
   */
  async find(
    text: string,
    { signal, ...request }: SessionPageRequest,
    every = 1,
  ): Promise<FoundPage | undefined> {
    const index = await this.index.snapshot(({ source }) => source);
    const { profile } = this;
    // A search in titles does not need messages.
    const supplement = request.filter.searchIn === 'titles' ? undefined : await this.supplements.current();
    const sought = { text, request, every, profile, supplement };
    const found = await (index.path === undefined
      ? this.#findHere(sought)
      : this.#findOnThread(sought, { path: index.path, opening: index.opening }, signal));
    if (found === undefined) return undefined;
    const { newMessages, ...page } = found;
    this.supplements.follow(newMessages);
    return { ...page, opening: index.opening };
  }

  #findOnThread(
    sought: SoughtPage,
    index: IndexSource,
    signal: AbortSignal | undefined,
  ): Promise<SearchFindings | undefined> {
    const { caller } = sought.request;
    return this.threads.run<'find'>({ kind: 'find', index, ...sought }, { caller, signal });
  }

  /** Threads cannot read an index in the memory of the answering connection. */
  async #findHere(sought: SoughtPage): Promise<SearchFindings | undefined> {
    const history = await this.connection.current();
    // Created outside of the read transaction, so that its temporary tables are not part of it.
    if (this.#here?.history !== history) this.#here = { history, search: new HistorySearch(history) };
    const { search } = this.#here;
    const deadline = new Deadline(this.threads.timeLimit);
    return this.connection.snapshot((now) => {
      if (now !== history) throw new DomainError('store_busy');
      try {
        return search.find({ ...sought, deadline });
      } catch (error) {
        throw error instanceof DeadlineError ? new DomainError('search_timeout') : error;
      }
    });
  }

  /** These messages with the text around the hits, by id; without those that are not hits any more, or belong to another session. */
  async excerpts(
    text: string,
    hits: readonly EntryHit[],
    { caller, signal }: Asking = {},
  ): Promise<ReadonlyMap<number, SessionMatch>> {
    if (hits.length === 0) return new Map();
    return this.threads.run<'excerpts'>({ kind: 'excerpts', text, hits }, { caller, signal });
  }
}
