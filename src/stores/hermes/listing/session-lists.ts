import type { SessionMatch, StoredRow } from '../../../domain/session.js';
import type { Cursor } from '../../../domain/cursor.js';
import { DomainError } from '../../../domain/errors.js';
import { visibleChain, visibleParent } from '../../../sessions/lineage/visible-lineage.js';
import { parseSearch } from '../../../sessions/search/search-query.js';
import { toTitleMatch } from '../../../sessions/search/snippet.js';
import { isLimited } from '../../../domain/access.js';
import {
  EMPTY_PAGE,
  MAX_PINNED,
  pinnedRequest,
  type PlacedSession,
  type SessionFilter,
  type SessionPage,
  type SessionPageRequest,
} from '../../../sessions/session-query.js';
import { countsOf, countsQuery, toPage, type ListScope } from '../../read-model/session-page.js';
import type { Row } from '../file/sqlite-reader.js';
import { instantOf, textOf } from '../file/values.js';
import type { SessionDigests } from '../index/session-digests.js';
import type { IndexView, SessionIndex } from '../index/session-index.js';
import { historyScope, SQLITE } from '../index/sqlite-dialect.js';
import type { EntryHit } from '../search/excerpts.js';
import type { FoundPage, SessionSearch } from '../search/session-search.js';
import {
  areInPlace,
  entriesWithIds,
  familyIdsOf,
  pageQuery,
  placeOf,
  rowidsOf,
  type ListedEntry,
} from './listed-entries.js';
import { readListedRows, readOtherColumns, sessionOf } from './session-rows.js';

/** Which entries of a list to return the places of. */
export interface PlaceSample {
  /** The place after which the sample begins; undefined for the beginning of the list. */
  readonly after: Cursor | undefined;
  /** Takes every n-th entry. */
  readonly every: number;
  /** Most entries to take. */
  readonly most: number;
}

/** How often a page is selected again because its rows differed from the index. */
const MAX_SELECTIONS = 4;

/** The lists of a history: pages come from the index, rows from the file. */
export class SessionLists {
  constructor(
    private readonly profile: string,
    private readonly index: SessionIndex,
    private readonly digests: SessionDigests,
    private readonly search: SessionSearch,
  ) {}

  /** @throws {DomainError} `search_timeout`, `search_busy` */
  async page(request: SessionPageRequest): Promise<SessionPage> {
    if (looksAtChangingColumns(request.filter)) await this.index.settle();
    const text = request.filter.search;
    return text === undefined ? this.#browse(request) : this.#find(request, text);
  }

  /** The places of some entries of a list, without their rows. */
  async places(
    { filter, sort, caller, signal }: SessionPageRequest,
    sample: PlaceSample,
  ): Promise<readonly Cursor[]> {
    if (looksAtChangingColumns(filter)) await this.index.settle();
    const { after, every, most } = sample;
    const request = { filter, sort, limit: every * most, start: { after }, caller, signal };
    const entries =
      filter.search === undefined
        ? await this.index.snapshot((view) => this.#sampleOf(view, request, sample))
        : await this.#foundEntries(filter.search, request, every);
    return entries.slice(0, most).map((entry) => placeOf(entry, sort, this.profile));
  }

  /** The entries with some ids that a filter selects, ignoring its search; in the order of the request. */
  async those(ids: readonly string[], request: SessionPageRequest): Promise<readonly PlacedSession[]> {
    const { includeChildren } = request.filter;
    const candidates = entriesWithIds(ids, includeChildren);
    const query = pageQuery({ ...request, limit: ids.length }, { ...this.#scope, candidates });
    for (let selections = 1; ; selections++) {
      const entries = await this.index.snapshot((view) => {
        const selected = view.reader.rowsOf(query);
        if (selections < MAX_SELECTIONS && !isTrue(view, selected)) return undefined;
        return this.#toEntries(view, request, selected, readRows(view, request, selected));
      });
      if (entries !== undefined) return entries;
    }
  }

  /** Skipping entries by an index takes a tenth of the time of numbering them. */
  #sampleOf(
    view: IndexView,
    request: SessionPageRequest,
    { after, every, most }: PlaceSample,
  ): readonly ListedEntry[] {
    if (every === 1) return this.#entriesOf(view, { ...request, start: { after } });
    const sample: ListedEntry[] = [];
    for (let from = after; sample.length < most;) {
      const [entry] = this.#entriesOf(view, {
        ...request,
        limit: 0,
        start: { after: from, offset: every - 1 },
      });
      if (entry === undefined) break;
      sample.push(entry);
      from = placeOf(entry, request.sort, this.profile);
    }
    return sample;
  }

  /** Searches again if the history was replaced meanwhile. */
  async #foundEntries(
    text: string,
    request: SessionPageRequest,
    every: number,
  ): Promise<readonly ListedEntry[]> {
    for (let searches = 1; searches <= MAX_SELECTIONS; searches++) {
      const found = await this.search.find(text, request, every);
      if (found === undefined) return [];
      const opening = await this.index.snapshot(({ source }) => source.opening);
      if (opening === found.opening) return found.entries;
    }
    throw new DomainError('store_busy');
  }

  /** Selects again, in another snapshot, if a shown row differed from the index. */
  async #browse(request: SessionPageRequest): Promise<SessionPage> {
    for (let selections = 1; ; selections++) {
      const isLast = selections === MAX_SELECTIONS;
      const page = await this.index.snapshot((view) => this.#select(view, request, isLast));
      if (page !== undefined) return page;
    }
  }

  /** One page in one snapshot; undefined if the index was wrong about a row of it, which is then corrected. */
  #select(view: IndexView, request: SessionPageRequest, isLast: boolean): SessionPage | undefined {
    const { filter, limit, withPinned } = request;
    const counts = countsOf(view.reader.rowsOf(countsQuery(filter, this.#scope)), filter);
    const found = this.#entriesOf(view, request, counts.total);
    const shown = found.slice(0, limit);
    const pinned =
      withPinned === true ? this.#entriesOf(view, pinnedRequest(request)).slice(0, MAX_PINNED) : [];
    if (!isLast && !isTrue(view, [...shown, ...pinned])) return undefined;
    const rows = readRows(view, request, [...shown, ...pinned]);
    const page = toPage(this.#toEntries(view, request, shown, rows), found.length > shown.length, counts);
    return withPinned === true ? { ...page, pinned: this.#toEntries(view, request, pinned, rows) } : page;
  }

  /** Search threads find the entries of a page and cut out their excerpts; the rows are read from the current file. */
  async #find(request: SessionPageRequest, text: string): Promise<SessionPage> {
    for (let selections = 1; ; selections++) {
      const isLast = selections === MAX_SELECTIONS;
      const found = await this.search.find(text, request);
      if (found === undefined) return EMPTY_PAGE;
      const shown = found.entries.slice(0, request.limit);
      const seen = await this.index.snapshot((view) => {
        if (!isLast && !this.#isAsFound(view, found, request)) return undefined;
        if (view.source.opening !== found.opening) throw new DomainError('store_busy');
        const rows = readRows(view, request, shown);
        return {
          entries: this.#toEntries(view, request, shown, rows),
          hits: hitsOf(view, shown, request.filter),
        };
      });
      if (seen === undefined) continue;
      const excerpts = await this.search.excerpts(text, seen.hits, request);
      const stale = shown.filter((entry) => isMissing(excerpts, entry));
      if (stale.length === 0 || isLast) {
        const entries = withMatches(shown, seen.entries, excerpts, text);
        return toPage(entries, found.entries.length > shown.length, found.counts, found.incomplete);
      }
      await this.index.snapshot((view) => view.recheck(rowidsOf(view, stale)));
    }
  }

  /** Whether what a thread found agrees with the current index and file. */
  #isAsFound(
    view: IndexView,
    { entries, opening }: FoundPage,
    { filter, limit }: SessionPageRequest,
  ): boolean {
    if (view.source.opening !== opening || !areInPlace(view, entries, filter)) return false;
    return isTrue(view, entries.slice(0, limit));
  }

  get #scope(): ListScope {
    return { dialect: SQLITE, history: historyScope(this.profile) };
  }

  /** The entries of a page, and one more if there is one. @param listed the total number of entries, if known. */
  #entriesOf(view: IndexView, request: SessionPageRequest, listed?: number): readonly ListedEntry[] {
    const share = listed === undefined ? undefined : { listed, all: view.known.sizes.sessions };
    return view.reader.rowsOf(pageQuery(request, { ...this.#scope, share }));
  }

  #toEntries(
    view: IndexView,
    { filter, sort }: SessionPageRequest,
    entries: readonly ListedEntry[],
    { rows, others }: EntryRows,
  ): readonly PlacedSession[] {
    const { includeChildren, access } = filter;
    this.digests.read(
      view,
      entries.map(({ id }) => id),
    );
    return entries.flatMap((entry) => {
      const tip = rows.get(entry.tip_rowid);
      const first = includeChildren ? tip : rows.get(entry.root_rowid);
      if (tip === undefined || first === undefined) return [];
      const session = sessionOf(tip, first, {
        profile: this.profile,
        origin: null,
        userId: entry.user_id,
        parentId: visibleParent(access, view.known, textOf(first.parent_session_id)),
        lastActiveAt: instantOf(entry.active_order),
        ...visibleChain(access, view.known, entry.id, {
          rootId: entry.root_id,
          chainLength: entry.chain_length,
        }),
        digest: this.digests.of(view, entry.id),
        row: others?.get(includeChildren ? entry.tip_rowid : entry.root_rowid),
      });
      return { session, place: placeOf(entry, sort, this.profile) };
    });
  }
}

/** Rows of the tips and roots of entries, by rowid. */
interface EntryRows {
  readonly rows: ReadonlyMap<number, Row>;
  /** Their other columns, if requested. */
  readonly others?: ReadonlyMap<number, StoredRow>;
}

function readRows(
  view: IndexView,
  { withRows }: Pick<SessionPageRequest, 'withRows'>,
  entries: readonly ListedEntry[],
): EntryRows {
  const rowids = [...new Set(entries.flatMap(({ tip_rowid: tip, root_rowid: root }) => [tip, root]))];
  return {
    rows: readListedRows(view, rowids),
    others: withRows === true ? readOtherColumns(view, rowids) : undefined,
  };
}

/** Whether the index is right about the sessions behind entries; if not, it is corrected. */
function isTrue(view: IndexView, entries: readonly ListedEntry[]): boolean {
  return view.isCompared || !view.recheck(rowidsOf(view, entries));
}

type FilterName = Exclude<keyof SessionFilter, 'access'>;

/**
 * For each filter, whether all rows have to be compared first, because an agent can change what the filter looks at without adding a row.
 * The place of a row may lag behind its title and its flags (`docs/decisions/kept-index.md`), so their filters need no comparison.
 */
const NEEDS_COMPARISON: Readonly<Record<FilterName, boolean>> = {
  platforms: true,
  exceptPlatforms: true,
  userId: true,
  model: true,
  minMessages: true,
  isEmpty: true,
  folder: true,
  since: false,
  until: false,
  title: false,
  archived: false,
  pinned: false,
  search: false,
  searchIn: false,
  idBeginning: false,
  includeChildren: false,
};

function looksAtChangingColumns({ access, ...filter }: SessionFilter): boolean {
  const names = Object.keys(NEEDS_COMPARISON) as FilterName[];
  return isLimited(access) || names.some((name) => NEEDS_COMPARISON[name] && filter[name] !== undefined);
}

type Excerpts = ReadonlyMap<number, SessionMatch>;

/** The messages for which the entries of a page were found, each with the ids of the sessions behind its entry. */
function hitsOf(
  view: IndexView,
  entries: readonly ListedEntry[],
  { includeChildren }: Pick<SessionFilter, 'includeChildren'>,
): readonly EntryHit[] {
  return entries.flatMap((entry) => {
    const { message_id: messageId, id } = entry;
    if (messageId === null) return [];
    return [{ messageId, sessionIds: includeChildren ? [id] : familyIdsOf(view, entry) }];
  });
}

/** Whether the message for which an entry was found has been rewound or removed. */
function isMissing(excerpts: Excerpts, { message_id: id }: ListedEntry): boolean {
  return id !== null && !excerpts.has(id);
}

/** Adds why each entry was found: its message, or its title if no message was found. */
function withMatches(
  found: readonly ListedEntry[],
  entries: readonly PlacedSession[],
  excerpts: Excerpts,
  text: string,
): readonly PlacedSession[] {
  const query = parseSearch(text);
  const byId = new Map(found.map(({ id, message_id: message }) => [id, message]));
  return entries.map(({ session, place }) => {
    const match = excerpts.get(byId.get(session.id) ?? -1) ?? (query && toTitleMatch(query, session.title));
    return { session: { ...session, match }, place };
  });
}
