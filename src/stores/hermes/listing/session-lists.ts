import type { SessionMatch, StoredRow } from '../../../domain/session.js';
import type { Cursor } from '../../../domain/cursor.js';
import { DomainError } from '../../../domain/errors.js';
import { isLimited, type SessionAccess } from '../../../sessions/session-access.js';
import {
  EMPTY_PAGE,
  type PlacedSession,
  type SessionFilter,
  type SessionPage,
  type SessionPageRequest,
} from '../../../sessions/session-query.js';
import { readStoredRows, WIDE_COLUMNS } from '../file/stored-rows.js';
import { withinFolder, instantOf, textOf } from '../file/values.js';
import type { SessionDigests } from '../index/session-digests.js';
import type { IndexView, SessionIndex } from '../index/session-index.js';
import type { IndexedSession, ListEntry } from '../index/session-table.js';
import { chainFrom, chainRoot } from '../../../sessions/lineage/lineage.js';
import { visibleParent, visibleTo } from '../../../sessions/lineage/visible-lineage.js';
import { parseSearch } from '../../../sessions/search/search-query.js';
import type { EntryHit } from '../search/excerpts.js';
import type { SessionSearch } from '../search/session-search.js';
import { toSnippet } from '../../../sessions/search/snippet.js';
import { listEntries, type Listing, type SearchMatches } from './session-listing.js';
import { readListedRows, sessionOf } from './session-rows.js';

/** How often a page is selected again because its rows were not as the index knew them. */
const MAX_SELECTIONS = 4;

/** The lists of a history: pages of the index with rows of the file. */
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

  /** Where the first `count` entries of a list stand, without their rows. */
  async places({ filter, sort, caller }: SessionPageRequest, count: number): Promise<readonly Cursor[]> {
    if (looksAtChangingColumns(filter)) await this.index.settle();
    const request = { filter, sort, limit: count, start: { offset: 0 }, caller };
    const placesOf = (view: IndexView, matches: SearchMatches | undefined): readonly Cursor[] =>
      listEntries({ table: view.table, profile: this.profile }, request, {
        matches,
        titled: namedSessions(view, filter),
      }).places;
    if (filter.search === undefined) return this.index.snapshot((view) => placesOf(view, undefined));
    const found = await this.#search(filter.search, request, (view, match) => placesOf(view, match()));
    return found?.answer ?? [];
  }

  #browse(request: SessionPageRequest): Promise<SessionPage> {
    return this.index.snapshot((view) => {
      const { listing } = this.#select(view, request, () => undefined);
      return toPage(listing, this.#toEntries(view, request, listing), false);
    });
  }

  /** Threads find the messages and cut out their excerpts; the index makes a page of them. */
  async #find(request: SessionPageRequest, text: string): Promise<SessionPage> {
    for (let selections = 1; ; selections++) {
      const found = await this.#search(text, request, (view, match) => {
        const selection = this.#select(view, request, match);
        return {
          ...selection,
          entries: this.#toEntries(view, request, selection.listing),
          hits: hitsOf(selection.listing, selection.matches, request.filter),
        };
      });
      if (found === undefined) return EMPTY_PAGE;
      const { listing, matches, entries, hits } = found.answer;
      const excerpts = await this.search.excerpts(text, hits, request.caller);
      const stale = listing.entries.filter((entry) => isMissing(matches, excerpts, entry));
      if (stale.length === 0 || selections === MAX_SELECTIONS) {
        return toPage(listing, withMatches(listing, entries, matches, excerpts, text), found.incomplete);
      }
      await this.index.snapshot((view) => {
        view.reread(stale.flatMap((entry) => membersOf(entry)));
      });
    }
  }

  /**
   * Searches, and looks at what was found in one moment of the index; again where the index was built anew between the two.
   * @param look may have the hits matched with the entries several times, since looking can bring the index up to date.
   * @returns undefined where there is nothing to search for.
   * @throws {DomainError} `search_timeout`, `search_busy`; `store_busy` where the index is built anew all the time
   */
  async #search<T>(
    text: string,
    { sort, filter, caller }: Pick<SessionPageRequest, 'sort' | 'filter' | 'caller'>,
    look: (view: IndexView, match: () => SearchMatches) => T,
  ): Promise<{ readonly answer: T; readonly incomplete: boolean } | undefined> {
    for (let searches = 1; searches <= MAX_SELECTIONS; searches++) {
      const platforms = filter.platforms ?? filter.access.platforms;
      const found = await this.search.find({ text, ranked: sort === 'relevance', platforms, caller });
      if (found === undefined) return undefined;
      const looked = await this.index.snapshot((view) =>
        found.areOf(view) ? { answer: look(view, () => found.matches(filter.includeChildren)) } : undefined,
      );
      if (looked !== undefined) return { ...looked, incomplete: found.incomplete };
    }
    throw new DomainError('store_busy');
  }

  /** Selects a page whose rows are as the index knows them. */
  #select<M extends SearchMatches | undefined>(
    view: IndexView,
    request: SessionPageRequest,
    match: () => M,
  ): { readonly listing: Listing; readonly matches: M } {
    for (let selections = 1; ; selections++) {
      const matches = match();
      const titled = namedSessions(view, request.filter);
      const listing = listEntries({ table: view.table, profile: this.profile }, request, { matches, titled });
      if (selections === MAX_SELECTIONS || !view.verify(listing.entries.flatMap(membersOf))) {
        return { listing, matches };
      }
    }
  }

  #toEntries(view: IndexView, request: SessionPageRequest, listing: Listing): readonly PlacedSession[] {
    const { includeChildren, access } = request.filter;
    const rows = readListedRows(view, [...new Set(listing.entries.flatMap(rowidsOf))]);
    const whole = request.withRows === true ? wholeRows(view, listing.entries) : undefined;
    return listing.entries.flatMap((entry, at) => {
      const tip = rows.get(entry.session.fact.rowid);
      const origin = rows.get(entry.origin.fact.rowid);
      const place = listing.places[at];
      if (tip === undefined || origin === undefined || place === undefined) return [];
      const first = includeChildren ? tip : origin;
      const session = sessionOf(tip, first, {
        ...chainOf(view, entry, access),
        profile: this.profile,
        userId: (includeChildren ? entry.session : entry.origin).fact.userId,
        parentId: visibleParent(access, view.table, textOf(first.parent_session_id)),
        lastActiveAt: instantOf(entry.lastActiveAt),
        digest: this.digests.of(view, entry.session.fact.id),
        row: whole?.get((includeChildren ? entry.session : entry.origin).fact.rowid),
      });
      return { session, place };
    });
  }
}

/** All columns of the rows that entries are of, or begin with. */
function wholeRows(view: IndexView, entries: readonly ListEntry[]): ReadonlyMap<number, StoredRow> {
  return readStoredRows(view, 'sessions', [...new Set(entries.flatMap(rowidsOf))], WIDE_COLUMNS);
}

/** What an entry tells of its chain: all of it, or as much as whoever asks may know. */
function chainOf(
  { table }: IndexView,
  { session }: ListEntry,
  access: SessionAccess,
): { readonly rootId: string; readonly chainLength: number } {
  const { chain, fact } = session;
  if (!isLimited(access)) return { rootId: chain.root.fact.id, chainLength: chain.length };
  const visible = visibleTo(access, table);
  const root = chainRoot(visible, fact);
  return { rootId: root.id, chainLength: chainFrom(visible, root).length };
}

function rowidsOf({ session, origin }: ListEntry): readonly number[] {
  return session === origin ? [session.fact.rowid] : [session.fact.rowid, origin.fact.rowid];
}

/** What an agent can change in a session without adding a row: these filters need every row compared. */
function looksAtChangingColumns({ access, ...filter }: SessionFilter): boolean {
  const { platforms, exceptPlatforms, userId, model, minMessages, isEmpty } = filter;
  const looked = [platforms, exceptPlatforms, userId, model, minMessages, isEmpty];
  return isLimited(access) || looked.some((value) => value !== undefined);
}

/** An agent can rename a session, or go elsewhere, at any time, so both are looked up in the file; undefined where neither is asked for. */
function namedSessions(
  view: IndexView,
  { title, folder }: SessionFilter,
): ReadonlySet<IndexedSession> | undefined {
  const titled =
    title === undefined ? undefined : sessionsOf(view, 'SELECT id FROM sessions WHERE title = ?', title);
  if (folder === undefined) return titled;
  const { sql, parameters } = withinFolder(folder);
  const within = view.layout.sessionColumns.has('cwd')
    ? sessionsOf(view, `SELECT id FROM sessions WHERE ${sql}`, ...parameters)
    : new Set<IndexedSession>();
  return titled === undefined ? within : new Set([...titled].filter((session) => within.has(session)));
}

function sessionsOf(
  view: IndexView,
  sql: string,
  ...parameters: readonly string[]
): ReadonlySet<IndexedSession> {
  const rows = view.reader.all(sql, ...parameters);
  return new Set(rows.flatMap((row) => view.table.byId(String(row.id)) ?? []));
}

/** The sessions that an entry's fields come from. */
function membersOf(entry: ListEntry): readonly IndexedSession[] {
  return [entry.session, ...entry.session.chain.members];
}

function toPage(listing: Listing, entries: readonly PlacedSession[], searchIncomplete: boolean): SessionPage {
  return {
    entries,
    total: listing.total,
    next: listing.next,
    hidden: listing.hidden,
    searchIncomplete,
    unavailableProfiles: [],
  };
}

type Excerpts = ReadonlyMap<number, SessionMatch>;

/** The messages that the entries of a page were found by, bound to the sessions that each entry shows something of. */
function hitsOf(
  listing: Listing,
  matches: SearchMatches,
  { includeChildren }: Pick<SessionFilter, 'includeChildren'>,
): readonly EntryHit[] {
  return listing.entries.flatMap((entry) => {
    const messageId = matches.messageIdOf(entry);
    if (messageId === null) return [];
    const sessions = includeChildren ? [entry.session] : membersOf(entry);
    return [{ messageId, sessionIds: sessions.map(({ fact }) => fact.id) }];
  });
}

/** Whether the message that an entry was found by has been rewound or removed. */
function isMissing(matches: SearchMatches, excerpts: Excerpts, entry: ListEntry): boolean {
  const id = matches.messageIdOf(entry);
  return id !== null && !excerpts.has(id);
}

/** Adds why each entry was found: its message, or its title where no message was. */
function withMatches(
  listing: Listing,
  entries: readonly PlacedSession[],
  matches: SearchMatches,
  excerpts: Excerpts,
  text: string,
): readonly PlacedSession[] {
  const query = parseSearch(text);
  const byId = new Map(listing.entries.map((entry) => [entry.session.fact.id, matches.messageIdOf(entry)]));
  return entries.map(({ session, place }) => {
    const excerpt = excerpts.get(byId.get(session.id) ?? -1);
    const snippet = query === undefined ? '' : toSnippet(query, session.title ?? '');
    const match = excerpt ?? { messageId: null, role: null, timestamp: null, snippet };
    return { session: { ...session, match }, place };
  });
}
