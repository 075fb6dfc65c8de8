import type { EntityManager } from 'typeorm';
import type { SessionMatch } from '../../../domain/session.js';
import type { Deadline } from '../../../sessions/search/deadline.js';
import { parseSearch, type SearchQuery } from '../../../sessions/search/search-query.js';
import { toSnippet, toTitleMatch } from '../../../sessions/search/snippet.js';
import { EMPTY_PAGE, type SessionPage, type SessionPageRequest } from '../../../sessions/session-query.js';
import { queryNamed } from '../connection/named-query.js';
import { allOf, together } from '../../read-model/sql-piece.js';
import { archiveConditions } from '../../read-model/conditions.js';
import {
  countsOf,
  kindOf,
  pageClause,
  toPage,
  type CountRow,
  type ListCounts,
} from '../../read-model/session-page.js';
import { readListed, type ListedEntry } from '../listing/listed-sessions.js';
import { ENTRIES, HISTORIES, historyConditions, POSTGRES } from '../schema/postgres-dialect.js';
import { toStored } from '../schema/stored-text.js';
import { MessageHits } from './message-hits.js';
import type { HitMessage, SessionKey } from './message-reader.js';
import { countsLike, estimateCounts, FEW, isReadLong } from './hit-estimate.js';
import {
  countsOfHits,
  entriesLookedAt,
  foundSql,
  hitsSql,
  nearestHitsSql,
  RANKED_ENTRIES,
  RANKED_SQL,
  walkedList,
  type Sought,
} from './search-sql.js';
import { wholeText } from './searchable-text.js';
import { NO_WORDS, toWordQuery, type WordQuery } from './word-query.js';

/** The entries of a page, and the totals. */
interface FoundPage {
  readonly entries: readonly ListedEntry[];
  readonly isMore: boolean;
  readonly counts: ListCounts;
}

/** A page, and how many entries with hits the walk along the list met. */
interface WalkedPage extends FoundPage {
  readonly walked: number;
}

/** SQL that limits each further statement of a transaction to the time left until a deadline. */
export function statementLimit(deadline: Deadline): string {
  return `SET LOCAL statement_timeout = ${Math.ceil(deadline.left)}`;
}

/** Full-text search over the messages and titles of all histories. */
export class SessionSearch {
  readonly #hits: MessageHits;

  /** @param few counts below these limits are always exact. */
  constructor(
    private readonly manager: EntityManager,
    private readonly deadline: Deadline,
    private readonly few = FEW,
  ) {
    this.#hits = new MessageHits(manager, deadline);
  }

  /**
   * One page of what a search finds.
   * @throws {DeadlineError}
   */
  async page(request: SessionPageRequest, text: string): Promise<SessionPage> {
    const query = parseSearch(text);
    if (query === undefined) return EMPTY_PAGE;
    const isOfTitles = request.filter.searchIn === 'titles';
    const words = isOfTitles ? NO_WORDS : toWordQuery(query);
    const { entries, isMore, counts, isAbout } = await this.#select(request, query, words);
    const { filter, sort } = request;
    const listed = await readListed(this.manager, entries, { ...filter, sort });
    const matches = isOfTitles
      ? new Map<string, SessionMatch>()
      : await this.#matches(entries, query, words, filter.includeChildren);
    const matched = listed.map(({ session, place }) => {
      const key = keyOf(place.profile, toStored(session.id));
      const match = matches.get(key) ?? toTitleMatch(query, session.title);
      return { session: { ...session, match }, place };
    });
    const page = toPage(matched, isMore, counts, await this.#isLoading(request));
    return isAbout ? { ...page, isTotalAbout: true } : page;
  }

  /**
   * The entries of a page of search results, without further data.
   * @throws {DeadlineError}
   */
  async entries(request: SessionPageRequest, text: string): Promise<readonly ListedEntry[]> {
    const query = parseSearch(text);
    if (query === undefined) return [];
    const words = request.filter.searchIn === 'titles' ? NO_WORDS : toWordQuery(query);
    return (await this.#select(request, query, words)).entries;
  }

  /** The entries of a page, with totals as exact as requested. */
  async #select(
    request: SessionPageRequest,
    query: SearchQuery,
    words: WordQuery,
  ): Promise<FoundPage & { readonly isAbout: boolean }> {
    // An exact query has few rows to read, so read them first. Otherwise everything would be read: only if the page cannot be found
    // without.
    const lacking = words.isExact ? await this.#confirmed(request, query, words) : undefined;
    const sought = { query, words, read: lacking ?? [] };
    const about = request.total === 'about' ? await this.#selectAbout(request, sought) : undefined;
    // If the page is not filled, the hits are rarer than estimated, or lie behind the ranked entries.
    if (about?.isMore === true) return { ...about, isAbout: true };
    const read = lacking ?? (await this.#confirmed(request, query, words));
    if (read.length > 0 || request.total === 'about') await this.manager.query(statementLimit(this.deadline));
    return { ...(await this.#find(request, { query, words, read })), isAbout: false };
  }

  /** Walks along the list only as far as a page needs; undefined if counting is fast, or if only counting works. */
  async #selectAbout(request: SessionPageRequest, sought: Sought): Promise<FoundPage | undefined> {
    const { query, words } = sought;
    const most = nearestFor(request, words);
    if (most === undefined) return undefined;
    const along = { list: walkedList(request, isRanked(request, words)), kind: kindOf(request.filter), most };
    if (words.isExact) {
      const estimate = await estimateCounts(this.manager, request, words, this.few);
      if (estimate === undefined) return undefined;
      const { share, counts, listed } = estimate;
      const found = await this.#find(request, {
        ...sought,
        nearest: nearestHitsSql({ ...along, share }),
      });
      // Title hits are found wherever they are. If they fill a page after the walk was given up, the page may lack entries in between.
      const isReached = found.walked >= most || listed <= entriesLookedAt(most, share);
      return isReached ? { ...found, counts } : undefined;
    }
    if (!(await isReadLong(this.manager, request, words, this.few))) return undefined;
    const { read, ...share } = await this.#hits.nearest(query, words, along);
    if (share.found < most) return undefined;
    return {
      ...(await this.#find(request, { ...sought, read })),
      counts: await countsLike(this.manager, request, share),
    };
  }

  async #confirmed(
    { filter: { access, searchIn } }: SessionPageRequest,
    query: SearchQuery,
    words: WordQuery,
  ): Promise<readonly SessionKey[]> {
    return searchIn === 'titles' ? [] : this.#hits.confirmed(query, words, historyConditions(access, 'w'));
  }

  /** The only place with this store's full-text SQL. */
  async #find(request: SessionPageRequest, sought: Sought): Promise<WalkedPage> {
    const { filter, limit } = request;
    const { nearest } = sought;
    const kind = kindOf(filter);
    const { table, key } = ENTRIES[kind];
    const hits = hitsSql(filter, kind, sought);
    const listed = foundSql(filter, kind);
    const counted = countsOfHits(filter, kind);
    const page = pageClause(request, { dialect: POSTGRES, history: HISTORIES }, 'e.id', 'e.score');
    const cut = allOf([...page.conditions, ...archiveConditions(POSTGRES, filter.archived)]);
    const found = await queryNamed<{
      readonly counts: readonly CountRow[];
      readonly entries: readonly ListedEntry[];
      readonly walked: number;
    }>(
      this.manager,
      `WITH ${nearest === undefined ? '' : `nearest AS MATERIALIZED (${nearest.sql}), `}hits AS MATERIALIZED (${hits.sql}), found AS MATERIALIZED (${listed.sql}),
        ranked AS (${isRanked(request, sought.words) ? RANKED_SQL : 'SELECT * FROM found'}),
        page AS (
          SELECT e.history_id, e.id, ${page.value} AS value, e.started_order, e.active_order,
              (SELECT r.${key} FROM ${table} r WHERE r.history_id = e.history_id AND r.number = e.number) AS root_id
            FROM ranked e WHERE ${cut.sql} ${page.order}),
        counts AS (${counted.sql})
        SELECT ${nearest === undefined ? '0' : '(SELECT count(*) FROM (SELECT DISTINCT history_id, entry FROM nearest) n)'} AS walked,
          coalesce((SELECT json_agg(c) FROM counts c), '[]') AS counts,
          coalesce((SELECT json_agg(p) FROM page p), '[]') AS entries`,
      together(...[hits, listed, counted, cut, page].map(({ parameters }) => parameters)),
    );
    const { counts = [], entries = [], walked = 0 } = found[0] ?? {};
    return {
      walked,
      entries: entries.slice(0, limit),
      isMore: entries.length > limit,
      counts: countsOf(counts, filter),
    };
  }

  /** The newest matching message of each entry, by entry key; for a conversation the newest of all its sessions. */
  async #matches(
    entries: readonly ListedEntry[],
    query: SearchQuery,
    words: WordQuery,
    includeChildren: boolean,
  ): Promise<ReadonlyMap<string, SessionMatch>> {
    if (entries.length === 0) return new Map();
    const members = await this.#members(entries, includeChildren);
    const found = await this.#hits.newest(query, words, [...members.values()].flat());
    const matches = new Map<string, SessionMatch>();
    for (const entry of entries) {
      const key = keyOf(entry.history_id, entry.id);
      const messages = (members.get(key) ?? []).flatMap((session) => found.get(session) ?? []);
      const newest = messages.reduce<HitMessage | undefined>(
        (best, message) => (best === undefined || message.id > best.id ? message : best),
        undefined,
      );
      if (newest !== undefined) matches.set(key, toMatch(query, newest));
    }
    return matches;
  }

  /** The sessions whose hits count for an entry, by entry key. */
  async #members(
    entries: readonly ListedEntry[],
    includeChildren: boolean,
  ): Promise<ReadonlyMap<string, readonly SessionKey[]>> {
    const { key } = ENTRIES[includeChildren ? 'row' : 'conversation'];
    const rows = await this.manager.query<{ history_id: number; entry: string; number: number }[]>(
      `SELECT s.history_id, s.${key} AS entry, s.number FROM (SELECT unnest($1::int[]) AS history_id, unnest($2::text[]) AS entry) k
        JOIN sessions s ON s.history_id = k.history_id AND s.${key} = k.entry`,
      [entries.map(({ history_id: history }) => history), entries.map(({ root_id: root }) => root)],
    );
    const members = new Map<string, SessionKey[]>();
    for (const { history_id: historyId, entry, number } of rows) {
      const name = keyOf(historyId, entry);
      members.set(name, [...(members.get(name) ?? []), { historyId, number }]);
    }
    return new Map(
      entries.map((entry) => [
        keyOf(entry.history_id, entry.id),
        members.get(keyOf(entry.history_id, entry.root_id)) ?? [],
      ]),
    );
  }

  /** Whether some history has not fully arrived. */
  async #isLoading({ filter }: SessionPageRequest): Promise<boolean> {
    const within = allOf(historyConditions(filter.access, 'w'));
    const rows = await queryNamed<unknown>(
      this.manager,
      `SELECT 1 FROM (SELECT id AS history_id, is_loaded FROM histories) w WHERE NOT w.is_loaded AND ${within.sql} LIMIT 1`,
      within.parameters,
    );
    return rows.length > 0;
  }
}

/**
 * Whether the newest results are ranked by relevance. If each message has to be read to confirm a hit, a caller that needs no exact count
 * should not wait until 500 hits are found.
 */
function isRanked({ sort, total }: SessionPageRequest, { text, isExact }: WordQuery): boolean {
  return sort === 'relevance' && text !== undefined && (isExact || total !== 'about');
}

/** How many entries with hits a page needs; undefined if the page is too deep for a walk, or lies behind the ranked entries. */
function nearestFor(request: SessionPageRequest, words: WordQuery): number | undefined {
  const { start, limit } = request;
  const { after, offset = 0 } = 'after' in start ? start : { after: undefined, offset: start.offset };
  const needed = offset + limit + 1;
  if (needed > RANKED_ENTRIES) return undefined;
  if (!isRanked(request, words)) return needed;
  return after === undefined || after.value > 0 ? RANKED_ENTRIES : undefined;
}

function toMatch(query: SearchQuery, message: HitMessage): SessionMatch {
  return {
    messageId: message.id,
    role: message.role,
    timestamp: message.timestamp,
    snippet: toSnippet(query, wholeText(message)),
  };
}

function keyOf(historyId: number | string, id: string): string {
  return `${historyId} ${id}`;
}
