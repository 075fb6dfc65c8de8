import type { HistoryMoment } from '../file/layout.js';
import type { SessionPageRequest } from '../../../sessions/session-query.js';
import type { ListCounts } from '../../read-model/session-page.js';
import type { ListedEntry } from '../listing/listed-entries.js';
import { isDamagedIndex } from '../file/sqlite-failure.js';
import { isDoneInTime, type Deadline } from '../../../sessions/search/deadline.js';
import {
  parseSearch,
  titleAlternatives,
  type SearchQuery,
  type SearchTerm,
} from '../../../sessions/search/search-query.js';
import { withPresentation } from '../../../sessions/search/search-text.js';
import { FoundSessions } from './found-sessions.js';
import { IndexHits } from './index-hits.js';
import { toMatchExpressions, type Spellings } from './match-expression.js';
import { MessageScan } from './message-scan.js';
import { MixedSpellings } from './mixed-words.js';
import type { IndexSupplement } from './index-supplement.js';
import { NewMessages } from './new-messages.js';
import { chooseSource, type FullTextTable, type SearchSource } from './search-source.js';
import { readLeftOutSessions } from './left-out-sessions.js';
import { readStructured } from './structured-messages.js';
import { TitleList } from './title-list.js';

/** A search, and the requested page of its results. */
export interface SearchRequest {
  readonly text: string;
  /** Unless sorted by relevance, a session is represented by its newest matching message. */
  readonly request: SessionPageRequest;
  /** Returns only every n-th entry of the page. */
  readonly every: number;
  /** The name of the history. */
  readonly profile: string;
  /** Undefined if it could not be read in time. */
  readonly supplement: IndexSupplement | undefined;
  readonly deadline: Deadline;
}

/** Results of a search: the entries of a page, and one more if there is one. */
export interface SearchFindings {
  readonly entries: readonly ListedEntry[];
  readonly counts: ListCounts;
  readonly incomplete: boolean;
  /** Messages newer than the supplement, which had to be read to complete it. */
  readonly newMessages: number;
}

/** Most messages, of sessions that the trigram index omits, to read in one search: a tenth of a second's work. */
const MOST_LEFT_OUT = 20_000;

/** Full-text search in the messages and titles of one opening of a history, whose index is attached to its connection. */
export class HistorySearch {
  readonly #titles: TitleList;
  readonly #index: IndexHits;
  readonly #scan: MessageScan;
  readonly #newMessages: NewMessages;
  readonly #found: FoundSessions;

  constructor(private readonly history: HistoryMoment) {
    this.#titles = new TitleList(history.reader);
    this.#index = new IndexHits(history);
    this.#scan = new MessageScan(history);
    this.#newMessages = new NewMessages(history);
    this.#found = new FoundSessions(history.reader);
  }

  /**
   * Finds the matching sessions, and selects a page of their entries.
   * @returns undefined if there is nothing to search for.
   * @throws {DeadlineError}
   */
  find(request: SearchRequest): SearchFindings | undefined {
    const query = parseSearch(request.text);
    if (query === undefined) return undefined;
    this.#found.clear();
    const { searchIn } = request.request.filter;
    const isWhole = searchIn === 'titles' || this.#findMessages(query, request);
    this.#found.takeTitled(this.#titles.matching(titleAlternatives(query, searchIn)));
    return {
      ...this.#found.page(request),
      incomplete: !isWhole,
      newMessages: this.#newMessages.count,
    };
  }

  /** @returns whether the search was complete. */
  #findMessages(query: SearchQuery, request: SearchRequest): boolean {
    const source = chooseSource(this.history, query);
    if (source.kind === 'index') return this.#findIndexed(query, source, request) && source.complete;
    this.#scan.findAfter(0, query, request, this.#found);
    return source.complete;
  }

  /** Searches the index, and reads messages that it lacks. @returns whether the search was complete. */
  #findIndexed(
    query: SearchQuery,
    { table, endsAt }: SearchSource & { readonly kind: 'index' },
    request: SearchRequest,
  ): boolean {
    try {
      const isWhole = this.#askIndex(query, table, request);
      const reads = [
        () => endsAt === undefined || this.#scanAfter(endsAt, query, request),
        () => table === 'messages_fts' || this.#scanLeftOut(query, request),
      ];
      return reads.every((read) => read()) && isWhole;
    } catch (error) {
      if (!isDamagedIndex(error)) throw error;
      return this.#scanAfter(0, query, request);
    }
  }

  /** Reads messages instead of an index. @returns whether there was time for all. */
  #scanAfter(after: number, query: SearchQuery, request: SearchRequest): boolean {
    return isDoneInTime(() => {
      this.#scan.findAfter(after, query, request, this.#found);
    });
  }

  /** Reads the sessions that the trigram index omits, unless they are many and no platform was requested. @returns whether all were read. */
  #scanLeftOut(query: SearchQuery, request: SearchRequest): boolean {
    const { filter } = request.request;
    const platforms = filter.platforms ?? filter.access.platforms;
    const { ids, messages } = readLeftOutSessions(this.history, platforms);
    if (messages > MOST_LEFT_OUT && platforms === undefined) return false;
    return isDoneInTime(() => {
      this.#scan.findIn(ids, query, request, this.#found);
    });
  }

  /** @returns whether the search was complete. */
  #askIndex(query: SearchQuery, table: FullTextTable, request: SearchRequest): boolean {
    const { supplement, deadline } = request;
    const ranked = request.request.sort === 'relevance';
    if (supplement !== undefined) this.#newMessages.readSince(supplement);
    const { hidden } = this.#newMessages;
    const mixedWords = supplement === undefined ? [] : this.#newMessages.mixedWords;
    const ask = (spellings: Spellings): boolean => {
      const structured = readStructured(this.history, query, table, {
        spellings,
        mixedWords,
        deadline,
      });
      this.#index.take(structured.hits, this.#found);
      const matches = toMatchExpressions(query.expression, spellings);
      const { noHits } = structured;
      const exceptions = noHits.length === 0 ? hidden : new Set([...hidden, ...noHits]);
      this.#index.find({ table, matches, ranked, exceptions, deadline }, this.#found);
      return structured.isWhole;
    };
    if (query.substring) return ask(presentations);
    const mixed = new MixedSpellings(mixedWords, deadline);
    const isWhole = ask((term) => mixed.of(term));
    return isWhole && supplement?.isWhole === true && mixed.isWhole;
  }
}

/** Symbols are stored with or without a variation selector, which chooses how they are drawn. */
function presentations(term: SearchTerm): readonly SearchTerm[] {
  const drawn = withPresentation(term.text);
  return drawn === term.text ? [term] : [term, { ...term, text: drawn }];
}
