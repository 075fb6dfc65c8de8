import type { EntityManager } from 'typeorm';
import { formatInstant } from '../../../http/instant.js';
import type { SessionMatchResponse } from '../../../sessions/dto/session.response.js';
import type { Deadline } from '../../../sessions/search/deadline.js';
import { parseSearch, type SearchQuery } from '../../../sessions/search/search-query.js';
import { foldCase } from '../../../sessions/search/search-text.js';
import { toSnippet } from '../../../sessions/search/snippet.js';
import {
  EMPTY_PAGE,
  type SessionFilter,
  type SessionPage,
  type SessionPageRequest,
} from '../../../sessions/session-query.js';
import { allOf, queryNamed, type SqlPiece } from '../connection/named-query.js';
import {
  archiveCondition,
  childConditions,
  ENTRIES,
  filterConditions,
  historyConditions,
  type EntryKind,
} from '../listing/conditions.js';
import type { ListedEntry } from '../listing/listed-sessions.js';
import { countsOf, orderColumn, pageClause, toPage } from '../listing/session-lists.js';
import { toStored } from '../schema/stored-text.js';
import { MessageHits, type HitMessage, type SessionKey } from './message-hits.js';
import { wholeText } from './searchable-text.js';
import { toWordQuery, type WordQuery } from './word-query.js';

/** Added to the score of an entry whose title matches: whoever types a title looks for that conversation. */
const TITLE_SCORE = 1000;

/** The newest entries of those found are ordered by relevance, so many of them. */
const RANKED_ENTRIES = 500;

/** Full-text search over the messages and titles of all histories. */
export class SessionSearch {
  readonly #hits: MessageHits;

  constructor(
    private readonly manager: EntityManager,
    deadline: Deadline,
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
    const words = toWordQuery(query);
    const { entries, isMore, counts } = await this.#select(request, query, words);
    const page = await toPage(this.manager, request, entries, isMore, counts);
    const matches = await this.#matches(entries, query, words, request.filter.includeChildren);
    const titled = (title: string | null): SessionMatchResponse => ({
      ...{ message_id: null, role: null, timestamp: null },
      snippet: toSnippet(query, title ?? ''),
    });
    return {
      ...page,
      searchIncomplete: await this.#isLoading(request),
      entries: page.entries.map(({ session, place }) => {
        const key = keyOf(place.profile, toStored(session.id));
        return { session: { ...session, match: matches.get(key) ?? titled(session.title) }, place };
      }),
    };
  }

  /** The raw full-text SQL of this store stands here and nowhere else. */
  async #select(
    request: SessionPageRequest,
    query: SearchQuery,
    words: WordQuery,
  ): Promise<{
    readonly entries: readonly ListedEntry[];
    readonly isMore: boolean;
    readonly counts: ReturnType<typeof countsOf>;
  }> {
    const { filter, sort, limit } = request;
    const kind: EntryKind = filter.includeChildren ? 'row' : 'conversation';
    const { table, key, id } = ENTRIES[kind];
    const isRanked = sort === 'relevance';
    const hits = await this.#hitsSql(filter, query, words);
    const where = allOf(filterConditions(filter, kind));
    const children = kind === 'row' ? NONE : allOf(childConditions(filter));
    const ranks = isRanked && words.text !== undefined;
    const page = pageClause(request, isRanked ? 'e.score' : `e.${orderColumn(sort)}`, 'e.id');
    const cut = allOf([
      ...page.conditions,
      { sql: archiveCondition(filter.archived) ?? 'true', parameters: {} },
    ]);
    const found = await queryNamed<{
      readonly counts: {
        readonly kind: EntryKind | 'child';
        readonly archived: boolean;
        readonly entries: number;
      }[];
      readonly entries: readonly ListedEntry[];
    }>(
      this.manager,
      `WITH hits AS MATERIALIZED (
          SELECT history_id, session_id, bool_or(titled) AS titled FROM (${hits.sql}) AS hit (history_id, session_id, titled) GROUP BY 1, 2),
        sessions_hit AS MATERIALIZED (
          SELECT e.history_id, e.${key} AS key, e.archived, (${children.sql}) AS is_child, h.titled
            FROM hits h JOIN sessions e ON e.history_id = h.history_id AND e.id = h.session_id),
        entries_hit AS (SELECT history_id, key, bool_or(titled) AS titled FROM sessions_hit GROUP BY 1, 2),
        found AS MATERIALIZED (
          SELECT e.history_id, e.${id} AS id, e.${key} AS root_id, e.started_order, e.active_order, e.archived,
              CASE WHEN f.titled THEN ${TITLE_SCORE} ELSE 0 END AS score
            FROM entries_hit f JOIN ${table} e ON e.history_id = f.history_id AND e.${key} = f.key WHERE ${where.sql}),
        ranked AS (${ranks ? rankSql(kind) : 'SELECT * FROM found'}),
        page AS (
          SELECT e.history_id, e.id, e.root_id, ${isRanked ? 'e.score' : `e.${orderColumn(sort)}`} AS value, e.started_order, e.active_order
            FROM ranked e WHERE ${cut.sql} ${page.order}),
        counts AS (
          SELECT '${kind}' AS kind, archived, count(*) AS entries FROM found GROUP BY 2
          UNION ALL SELECT 'child', archived, count(*) FROM sessions_hit WHERE is_child GROUP BY 2)
        SELECT coalesce((SELECT json_agg(c) FROM counts c), '[]') AS counts,
          coalesce((SELECT json_agg(p) FROM page p), '[]') AS entries`,
      {
        ...hits.parameters,
        ...children.parameters,
        ...where.parameters,
        ...cut.parameters,
        ...page.parameters,
      },
    );
    const { counts = [], entries = [] } = found[0] ?? {};
    return {
      entries: entries.slice(0, limit),
      isMore: entries.length > limit,
      counts: countsOf(counts, filter, kind),
    };
  }

  /** Sessions with hits: by the index of words, by having been read where that is not sure, and by their titles. */
  async #hitsSql({ access }: SessionFilter, query: SearchQuery, words: WordQuery): Promise<SqlPiece> {
    const histories = historyConditions(access, 'w');
    const read = await this.#hits.confirmed(query, words, histories);
    const within = allOf(histories);
    const titles = titleConditions(query);
    const parts = [
      ...(words.isExact
        ? [
            `SELECT w.history_id, w.session_id, false FROM session_words w
              WHERE w.words @@ CAST(:words AS tsquery) AND ${within.sql}`,
          ]
        : []),
      `SELECT unnest(CAST(:hitHistories AS int[])), unnest(CAST(:hitSessions AS text[])), false`,
      ...(titles.length === 0
        ? []
        : [`SELECT w.history_id, w.id, true FROM sessions w WHERE ${allOf([...titles, ...histories]).sql}`]),
    ];
    return {
      sql: parts.join(' UNION ALL '),
      parameters: {
        ...within.parameters,
        ...allOf(titles).parameters,
        words: words.text,
        hitHistories: read.map(({ historyId }) => historyId),
        hitSessions: read.map(({ sessionId }) => sessionId),
      },
    };
  }

  /** The newest message of each entry that is a hit, by the keys of the entries; of a conversation the newest of any of its sessions. */
  async #matches(
    entries: readonly ListedEntry[],
    query: SearchQuery,
    words: WordQuery,
    includeChildren: boolean,
  ): Promise<ReadonlyMap<string, SessionMatchResponse>> {
    if (entries.length === 0) return new Map();
    const members = await this.#members(entries, includeChildren);
    const found = await this.#hits.newest(query, words, [...members.values()].flat());
    const matches = new Map<string, SessionMatchResponse>();
    for (const entry of entries) {
      const key = keyOf(entry.history_id, entry.id);
      const messages = (members.get(key) ?? []).flatMap(
        ({ historyId, sessionId }) => found.get(keyOf(historyId, sessionId)) ?? [],
      );
      const newest = messages.reduce<HitMessage | undefined>(
        (best, message) => (best === undefined || message.id > best.id ? message : best),
        undefined,
      );
      if (newest !== undefined) matches.set(key, toMatch(query, newest));
    }
    return matches;
  }

  /** The sessions in which a hit stands for an entry, by the keys of the entries. */
  async #members(
    entries: readonly ListedEntry[],
    includeChildren: boolean,
  ): Promise<ReadonlyMap<string, readonly SessionKey[]>> {
    if (includeChildren) {
      return new Map(
        entries.map(({ history_id: historyId, id }) => [
          keyOf(historyId, id),
          [{ historyId, sessionId: id }],
        ]),
      );
    }
    const rows = await this.manager.query<{ history_id: number; root_id: string; id: string }[]>(
      `SELECT s.history_id, s.root_id, s.id FROM (SELECT unnest($1::int[]) AS history_id, unnest($2::text[]) AS root_id) k
        JOIN sessions s ON s.history_id = k.history_id AND s.root_id = k.root_id`,
      [entries.map(({ history_id: history }) => history), entries.map(({ root_id: root }) => root)],
    );
    const byRoot = new Map<string, SessionKey[]>();
    for (const { history_id: historyId, root_id: rootId, id: sessionId } of rows) {
      const key = keyOf(historyId, rootId);
      byRoot.set(key, [...(byRoot.get(key) ?? []), { historyId, sessionId }]);
    }
    return new Map(
      entries.map((entry) => [
        keyOf(entry.history_id, entry.id),
        byRoot.get(keyOf(entry.history_id, entry.root_id)) ?? [],
      ]),
    );
  }

  /** Whether a history has not arrived as a whole. */
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

/** No row. */
const NONE: SqlPiece = { sql: 'false', parameters: {} };

/**
 * Adds to the score of the newest entries that were \`found\` how well the best of their rows of words matches. Each row has to be
 * read for that, so that the others stay behind these, as they are.
 */
function rankSql(kind: EntryKind): string {
  const member = kind === 'row' ? 's.id' : 's.root_id';
  return `
    SELECT f.history_id, f.id, f.root_id, f.started_order, f.active_order, f.archived,
        f.score + CASE WHEN f.age > ${RANKED_ENTRIES} THEN 0 ELSE coalesce((
          SELECT max(CAST(ts_rank(w.words, CAST(:words AS tsquery)) AS double precision))
            FROM sessions s JOIN session_words w ON w.history_id = s.history_id AND w.session_id = s.id
            WHERE s.history_id = f.history_id AND ${member} = f.root_id), 0) END AS score
      FROM (SELECT *, row_number() OVER (ORDER BY active_order DESC, started_order DESC, id DESC) AS age FROM found) f`;
}

/** A title is found by every part that is asked for; each is looked up by itself, since an index knows no lists of patterns. */
function titleConditions({ titleTerms }: SearchQuery): readonly SqlPiece[] {
  return titleTerms.map(({ text }, at) => ({
    sql: `w.folded_title LIKE :title${at}`,
    parameters: { [`title${at}`]: `%${escapeLike(toStored(foldCase(text)))}%` },
  }));
}

function toMatch(query: SearchQuery, message: HitMessage): SessionMatchResponse {
  return {
    message_id: message.id,
    role: message.role,
    timestamp: formatInstant(message.timestamp),
    snippet: toSnippet(query, wholeText(message)),
  };
}

function keyOf(historyId: number | string, id: string): string {
  return `${historyId} ${id}`;
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
