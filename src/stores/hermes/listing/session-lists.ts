import { Inject, Injectable } from '@nestjs/common';
import type { SessionMatchResponse, SessionResponse } from '../../../sessions/dto/session.response.js';
import type { SessionFilter, SessionPage, SessionPageRequest } from '../../../sessions/session-query.js';
import { instantOf } from '../file/values.js';
import { SessionDigests } from '../index/session-digests.js';
import { SessionIndex, type IndexView } from '../index/session-index.js';
import type { IndexedSession, ListEntry } from '../index/session-table.js';
import { parseSearch } from '../search/search-query.js';
import { SessionSearch } from '../search/session-search.js';
import { toSnippet } from '../search/snippet.js';
import { listEntries, type Listing, type SearchMatches } from './session-listing.js';
import { readListedRows, toSession } from './session-rows.js';

/** How often a page is selected again because its rows were not as the index knew them. */
const MAX_SELECTIONS = 4;

/** The lists of a history: pages of the index with rows of the file. */
@Injectable()
export class SessionLists {
  constructor(
    @Inject(SessionIndex) private readonly index: SessionIndex,
    @Inject(SessionDigests) private readonly digests: SessionDigests,
    @Inject(SessionSearch) private readonly search: SessionSearch,
  ) {}

  /** @throws {ApiError} `search_timeout`, `search_busy` */
  async page(request: SessionPageRequest): Promise<SessionPage> {
    if (looksAtChangingColumns(request.filter)) await this.index.settle();
    const text = request.filter.search;
    return text === undefined ? this.#browse(request) : this.#find(request, text);
  }

  #browse(request: SessionPageRequest): Promise<SessionPage> {
    return this.index.snapshot((view) => {
      const { listing } = select(view, request, () => undefined);
      return toPage(listing, this.#toEntries(view, request, listing), false);
    });
  }

  /** Threads find the messages and cut out their excerpts; the index makes a page of them. */
  async #find(request: SessionPageRequest, text: string): Promise<SessionPage> {
    for (let selections = 1; ; selections++) {
      const found = await this.search.find(text, request.sort === 'relevance');
      if (found === undefined) return EMPTY_PAGE;
      const { listing, matches, entries } = await this.index.snapshot((view) => {
        const selection = select(view, request, () => found.matches(view, request.filter.includeChildren));
        return { ...selection, entries: this.#toEntries(view, request, selection.listing) };
      });
      const excerpts = await this.search.excerpts(text, messageIdsOf(listing, matches));
      const stale = listing.entries.filter((entry) => isMissing(matches, excerpts, entry));
      if (stale.length === 0 || selections === MAX_SELECTIONS) {
        return toPage(listing, withMatches(listing, entries, matches, excerpts, text), found.incomplete);
      }
      await this.index.snapshot((view) => {
        view.reread(stale.flatMap((entry) => membersOf(entry)));
      });
    }
  }

  #toEntries(view: IndexView, request: SessionPageRequest, listing: Listing): readonly SessionResponse[] {
    const { includeChildren } = request.filter;
    const rows = readListedRows(view, [...new Set(listing.entries.flatMap(rowidsOf))]);
    return listing.entries.flatMap((entry) => {
      const tip = rows.get(entry.session.fact.rowid);
      const origin = rows.get(entry.origin.fact.rowid);
      if (tip === undefined || origin === undefined) return [];
      const { chain } = entry.session;
      return toSession(tip, includeChildren ? tip : origin, {
        lastActiveAt: instantOf(entry.lastActiveAt),
        rootId: chain.root.fact.id,
        chainLength: chain.length,
        digest: this.digests.of(view, entry.session.fact.id),
      });
    });
  }
}

function rowidsOf({ session, origin }: ListEntry): readonly number[] {
  return session === origin ? [session.fact.rowid] : [session.fact.rowid, origin.fact.rowid];
}

/** What an agent can change in a session without adding a row: these filters need every row compared. */
function looksAtChangingColumns({ platforms, userId, model }: SessionFilter): boolean {
  return platforms !== undefined || userId !== undefined || model !== undefined;
}

/** Selects a page whose rows are as the index knows them. */
function select<M extends SearchMatches | undefined>(
  view: IndexView,
  request: SessionPageRequest,
  match: () => M,
): { readonly listing: Listing; readonly matches: M } {
  for (let selections = 1; ; selections++) {
    const matches = match();
    const titled = titledSessions(view, request.filter.title);
    const listing = listEntries(view.table, request, { matches, titled });
    if (selections === MAX_SELECTIONS || !view.verify(listing.entries.flatMap(membersOf))) {
      return { listing, matches };
    }
  }
}

/** An agent can rename a session at any time, so titles are looked up in the file. */
function titledSessions(view: IndexView, title: string | undefined): ReadonlySet<IndexedSession> | undefined {
  if (title === undefined) return undefined;
  const rows = view.reader.all('SELECT id FROM sessions WHERE title = ?', title);
  return new Set(rows.flatMap((row) => view.table.byId(String(row.id)) ?? []));
}

/** The sessions that an entry's fields come from. */
function membersOf(entry: ListEntry): readonly IndexedSession[] {
  return [entry.session, ...entry.session.chain.members];
}

const EMPTY_PAGE: SessionPage = {
  entries: [],
  total: 0,
  next: null,
  hidden: { archived: 0, children: 0 },
  searchIncomplete: false,
};

function toPage(
  listing: Listing,
  entries: readonly SessionResponse[],
  searchIncomplete: boolean,
): SessionPage {
  return { entries, total: listing.total, next: listing.next, hidden: listing.hidden, searchIncomplete };
}

type Excerpts = ReadonlyMap<number, SessionMatchResponse>;

function messageIdsOf(listing: Listing, matches: SearchMatches): readonly number[] {
  return listing.entries.flatMap((entry) => matches.messageIdOf(entry) ?? []);
}

/** Whether the message that an entry was found by has been rewound or removed. */
function isMissing(matches: SearchMatches, excerpts: Excerpts, entry: ListEntry): boolean {
  const id = matches.messageIdOf(entry);
  return id !== null && !excerpts.has(id);
}

/** Adds why each entry was found: its message, or its title where no message was. */
function withMatches(
  listing: Listing,
  sessions: readonly SessionResponse[],
  matches: SearchMatches,
  excerpts: Excerpts,
  text: string,
): readonly SessionResponse[] {
  const query = parseSearch(text);
  const byId = new Map(listing.entries.map((entry) => [entry.session.fact.id, matches.messageIdOf(entry)]));
  return sessions.map((session) => {
    const excerpt = excerpts.get(byId.get(session.id) ?? -1);
    const snippet = query === undefined ? '' : toSnippet(query, session.title ?? '');
    return { ...session, match: excerpt ?? { message_id: null, role: null, timestamp: null, snippet } };
  });
}
