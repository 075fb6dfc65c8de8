import type { Layout } from '../file/layout.js';
import type { SqliteReader } from '../file/sqlite-reader.js';
import type { SharedMessageOwners } from '../index/message-owners.js';
import type { Deadline } from '../../../sessions/search/deadline.js';
import { parseSearch, type SearchQuery, type SearchTerm } from '../../../sessions/search/search-query.js';
import { foldCase, withPresentation } from '../../../sessions/search/search-text.js';
import { IndexHits, type FullTextTable } from './index-hits.js';
import { toMatchExpressions, type Spellings } from './match-expression.js';
import { MessageScan } from './message-scan.js';
import { MixedSpellings, type MixedWordList } from './mixed-words.js';
import { NewMixedWords } from './new-mixed-words.js';
import { chooseSource } from './search-source.js';
import { SessionHits, type FoundSessions } from './session-hits.js';
import { TitleList } from './title-list.js';

/** A search, and what it needs of the index. */
export interface SearchRequest {
  readonly text: string;
  /** Whether hits are ranked; where not, the newest message of a session stands for it. */
  readonly ranked: boolean;
  readonly owners: SharedMessageOwners;
  /** Undefined where they could not be read in time. */
  readonly mixedWords: MixedWordList | undefined;
  readonly deadline: Deadline;
}

/** What a search found: sessions with hits, and rowids of sessions whose title matches. */
export interface SearchFindings extends FoundSessions {
  readonly titleRowids: Float64Array;
  readonly incomplete: boolean;
  /** Messages that are newer than the list of mixed words, each of which was read for them. */
  readonly newMessages: number;
}

/** Full-text search over the messages and titles of one opening of a history. */
export class HistorySearch {
  readonly #titles: TitleList;
  readonly #index: IndexHits;
  readonly #scan: MessageScan;
  readonly #newWords: NewMixedWords;

  constructor(
    private readonly reader: SqliteReader,
    private readonly layout: Layout,
  ) {
    this.#titles = new TitleList(reader);
    this.#index = new IndexHits(reader, layout);
    this.#scan = new MessageScan(reader, layout);
    this.#newWords = new NewMixedWords(reader);
  }

  /**
   * Finds the sessions that match.
   * @returns undefined where there is nothing to search for.
   * @throws {DeadlineError}
   */
  find(request: SearchRequest): SearchFindings | undefined {
    const query = parseSearch(request.text);
    if (query === undefined) return undefined;
    const source = chooseSource(this.reader, this.layout, query);
    const hits = new SessionHits();
    let isWhole = true;
    if (source.kind === 'scan') this.#scan.find(query, request, hits);
    else isWhole = this.#findIndexed(query, source.table, request, hits);
    return {
      ...hits.found(),
      titleRowids: this.#titles.containing(query.titleTerms.map((term) => foldCase(term.text))),
      incomplete: !source.complete || !isWhole,
      newMessages: this.#newWords.messages,
    };
  }

  /** @returns whether all was looked for. */
  #findIndexed(
    { expression, substring }: SearchQuery,
    table: FullTextTable,
    request: SearchRequest,
    hits: SessionHits,
  ): boolean {
    if (substring) {
      this.#index.find({ ...request, table, matches: toMatchExpressions(expression, presentations) }, hits);
      return true;
    }
    const { mixedWords } = request;
    const lists = mixedWords === undefined ? [] : [mixedWords.bytes, this.#newWords.since(mixedWords)];
    const spellings = new MixedSpellings(lists);
    const wanted: Spellings = (term) => spellings.of(term);
    this.#index.find({ ...request, table, matches: toMatchExpressions(expression, wanted) }, hits);
    return mixedWords?.isWhole === true && spellings.isWhole;
  }
}

/** A text with symbols is stored with and without what chooses how they are drawn. */
function presentations(term: SearchTerm): readonly SearchTerm[] {
  const drawn = withPresentation(term.text);
  return drawn === term.text ? [term] : [term, { ...term, text: drawn }];
}
