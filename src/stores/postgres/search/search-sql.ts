import { foldText } from '../../../sessions/search/search-text.js';
import {
  titleAlternatives,
  type SearchAlternative,
  type SearchQuery,
  type SearchTerm,
} from '../../../sessions/search/search-query.js';
import type { SessionFilter, SessionPageRequest } from '../../../sessions/session-query.js';
import { allOf, together, type SqlPiece } from '../../read-model/sql-piece.js';
import { archiveConditions, childConditions, filterConditions } from '../../read-model/conditions.js';
import type { EntryKind } from '../../read-model/dialect.js';
import { byArchive, pageClause, TITLE_SCORE } from '../../read-model/session-page.js';
import { ENTRIES, HISTORIES, historyConditions, POSTGRES } from '../schema/postgres-dialect.js';
import { toStored } from '../schema/stored-text.js';
import type { SessionKey } from './message-reader.js';
import type { WordQuery } from './word-query.js';

/** How many of the newest results are ordered by relevance. */
export const RANKED_ENTRIES = 500;

/** A search, and the sessions whose hits were confirmed by reading. */
export interface Sought {
  readonly query: SearchQuery;
  readonly words: WordQuery;
  readonly read: readonly SessionKey[];
  /** Selects sessions with hits, in place of a search of the whole word index. */
  readonly nearest?: SqlPiece;
}

/** A walk examines this many times the entries that should suffice. Shares below the least share are not trusted. */
const LOOKED_AT = 10;
const LEAST_SHARE = 0.01;

/** Most entries that a walk examines if each candidate has to be read. */
export const MOST_LOOKED_AT = 50_000;

/** A list that is walked in its order. */
export interface ListWalk {
  readonly list: SessionPageRequest;
  /** The kind of its entries. */
  readonly kind: EntryKind;
  /** How many entries with hits are enough. */
  readonly most: number;
}

/**
 * Restricts to sessions with matching words; one row per session is enough. Incomplete rows cannot rule out a hit, so they are read
 * instead.
 */
const HAS_WORDS = `CROSS JOIN LATERAL (
  SELECT 1 FROM session_words w WHERE w.history_id = s.history_id AND w.session_number = s.number
    AND w.words @@ CAST(:words AS tsquery) AND w.is_whole LIMIT 1) fitting`;

/** How many entries a walk along a list examines before it gives up. */
export function entriesLookedAt(most: number, share: number): number {
  return Math.ceil((LOOKED_AT * most) / Math.max(share, LEAST_SHARE));
}

/**
 * Selects the sessions with hits of the entries that a page begins with, by walking along the list's order entry by entry. For frequent
 * words this is fast, however many hits there are. It gives up if they turn out to be rarer than estimated.
 * @param share the estimated share of entries with hits.
 */
export function nearestHitsSql({ list, kind, most, share }: ListWalk & { readonly share: number }): SqlPiece {
  const lookedAt = entriesLookedAt(most, share);
  const { entries, keys, isOfEntry, parameters } = listedEntries(list, kind, lookedAt);
  return {
    sql: `SELECT s.history_id, s.number, e.${ENTRIES[kind].key} AS entry FROM (
        SELECT e.history_id, e.${ENTRIES[kind].key} FROM (${entries}) e
          CROSS JOIN LATERAL (SELECT 1 FROM sessions s ${HAS_WORDS} WHERE ${isOfEntry} LIMIT 1) any_session
          ORDER BY ${keys} LIMIT :nearest) e
      JOIN sessions s ON ${isOfEntry} ${HAS_WORDS}`,
    parameters: together(parameters, { nearest: most }),
  };
}

/**
 * Selects the word-index rows that may have a hit, of the entries that a page begins with, in the order of the list.
 * @param columns the columns to select of a row `w`.
 * @param match whether a row may have a hit.
 */
export function rowsAlongListSql({ list, kind }: ListWalk, columns: string, match: SqlPiece): SqlPiece {
  const { entries, keys, isOfEntry, parameters } = listedEntries(list, kind, MOST_LOOKED_AT);
  return {
    // OFFSET 0 keeps the planner from reordering the joins, and from reading everything at once.
    sql: `SELECT e.place, ${columns} FROM (SELECT e.*, row_number() OVER (ORDER BY ${keys}) AS place FROM (${entries}) e) e
      CROSS JOIN LATERAL (SELECT s.history_id, s.number FROM sessions s WHERE ${isOfEntry} OFFSET 0) s
      CROSS JOIN LATERAL (
        SELECT * FROM session_words w WHERE w.history_id = s.history_id AND w.session_number = s.number AND ${match.sql} OFFSET 0) w
      ORDER BY ${keys}`,
    parameters: together(parameters, match.parameters),
  };
}

/**
 * The list that a search walks for a page. For ranked results this is the newest entries of all, listed or not. For unranked results by
 * relevance it is the newest by start: title hits come before those, and are found separately.
 */
export function walkedList(request: SessionPageRequest, isRanked: boolean): SessionPageRequest {
  const { filter, sort, start } = request;
  if (sort !== 'relevance') return request;
  if (isRanked) {
    return {
      ...request,
      filter: { ...filter, archived: 'any' },
      sort: '-last_active_at',
      start: { offset: 0 },
    };
  }
  const after = 'after' in start ? start.after : undefined;
  const isBehindTitles = after !== undefined && after.value <= 0;
  return {
    ...request,
    sort: '-started_at',
    start: isBehindTitles ? { after: { ...after, value: after.startedAt } } : { offset: 0 },
  };
}

/** The first entries `e` of a list, in its order. */
function listedEntries(
  request: SessionPageRequest,
  kind: EntryKind,
  lookedAt: number,
): {
  readonly entries: string;
  readonly keys: string;
  /** SQL: whether a session `s` belongs to an entry. */
  readonly isOfEntry: string;
  readonly parameters: SqlPiece['parameters'];
} {
  const { filter } = request;
  const { table, key, id } = ENTRIES[kind];
  const page = pageClause(request, { dialect: POSTGRES, history: HISTORIES }, `e.${id}`);
  const where = allOf([
    ...filterConditions(POSTGRES, filter, kind),
    ...archiveConditions(POSTGRES, filter.archived),
    ...page.conditions,
  ]);
  const keys = page.keys.join(', ');
  return {
    entries: `SELECT e.* FROM ${table} e WHERE ${where.sql} ORDER BY ${keys} LIMIT :lookedAt`,
    keys,
    isOfEntry: `s.history_id = e.history_id AND s.${key} = e.${key}`,
    parameters: together(where.parameters, { lookedAt }),
  };
}

/**
 * Selects sessions with hits, each with the number of its list entry, listed or not. Sources are the word index, confirmed sessions, and
 * titles; `nearest` replaces the word index. A session can appear several times. Most sessions are a conversation by themselves, so only
 * the few others are looked up. It selects only numbers, because there can be a million rows.
 */
export function hitsSql({ access, searchIn }: SessionFilter, kind: EntryKind, sought: Sought): SqlPiece {
  const within = allOf(historyConditions(access, 'w'));
  const titles = titleConditions(titleAlternatives(sought.query, searchIn));
  const sources = hitSources(sought, within, titles).join(' UNION ALL ');
  const parameters = together(within.parameters, allOf(titles).parameters, sought.nearest?.parameters, {
    words: sought.words.text,
    hitHistories: sought.read.map(({ historyId }) => historyId),
    hitNumbers: sought.read.map(({ number }) => number),
  });
  const sql =
    kind === 'row'
      ? `SELECT w.*, false AS is_beside, w.number AS entry FROM (${sources}) w`
      : `SELECT w.*, b.number IS NOT NULL AS is_beside, coalesce(b.root_number, w.number) AS entry FROM (${sources}) w
          LEFT JOIN (SELECT e.history_id, e.number, e.root_number FROM sessions e WHERE ${BESIDE}) b
            ON b.history_id = w.history_id AND b.number = w.number`;
  return { sql, parameters };
}

function hitSources(
  { words, nearest }: Sought,
  within: SqlPiece,
  titles: readonly SqlPiece[],
): readonly string[] {
  return [
    ...(nearest === undefined ? [] : ['SELECT history_id, number, false AS titled FROM nearest']),
    ...(words.isExact && nearest === undefined
      ? [
          `SELECT w.history_id, w.session_number AS number, false AS titled FROM session_words w
            WHERE w.words @@ CAST(:words AS tsquery) AND w.is_whole AND ${within.sql}`,
        ]
      : []),
    'SELECT unnest(CAST(:hitHistories AS int[])) AS history_id, unnest(CAST(:hitNumbers AS bigint[])) AS number, false AS titled',
    ...(titles.length === 0
      ? []
      : [
          `SELECT w.history_id, w.number, true AS titled FROM sessions w WHERE ${allOf([...titles, within]).sql}`,
        ]),
  ];
}

/** Sessions that are not a conversation by themselves; an index contains only these. */
const BESIDE = 'e.root_number <> e.number OR NOT e.is_entry';

/** The entries among `hits` that pass a filter, once each. */
export function foundSql(filter: SessionFilter, kind: EntryKind): SqlPiece {
  const { table, id } = ENTRIES[kind];
  const { sql, parameters } = allOf(filterConditions(POSTGRES, filter, kind));
  return {
    sql: `SELECT e.history_id, e.number, e.${id} AS id, e.started_order, e.active_order, e.archived,
        CAST(CASE WHEN h.titled THEN ${TITLE_SCORE} ELSE 0 END AS double precision) AS score
      FROM (SELECT history_id, entry, bool_or(titled) AS titled FROM hits GROUP BY 1, 2) h
      JOIN ${table} e ON e.history_id = h.history_id AND e.number = h.entry WHERE ${sql}`,
    parameters,
  };
}

/**
 * Adds to the score of the newest entries in `found` how well their best word-index row matches. That requires reading each row, so the
 * other entries keep their score, and come after these.
 */
export const RANKED_SQL = `
  WITH newest AS MATERIALIZED (
    SELECT * FROM found ORDER BY active_order DESC, started_order DESC, id DESC LIMIT ${RANKED_ENTRIES})
  SELECT n.history_id, n.number, n.id, n.started_order, n.active_order, n.archived, n.score + coalesce(max((
      SELECT max(CAST(ts_rank(w.words, CAST(:words AS tsquery)) AS double precision))
        FROM session_words w WHERE w.history_id = h.history_id AND w.session_number = h.number)), 0) AS score
    FROM newest n JOIN hits h ON h.history_id = n.history_id AND h.entry = n.number
    GROUP BY 1, 2, 3, 4, 5, 6, n.score
  UNION ALL SELECT history_id, number, id, started_order, active_order, archived, score
    FROM found WHERE (history_id, number) NOT IN (SELECT history_id, number FROM newest)`;

/** Counts the entries in `found`, and for a list of conversations also the sessions in `hits` that are not entries by themselves. */
export function countsOfHits(filter: SessionFilter, kind: EntryKind): SqlPiece {
  const count = byArchive('count(*)', POSTGRES);
  const entries = `SELECT '${kind}' AS kind, ${count} FROM found e`;
  if (kind === 'row') return { sql: entries, parameters: {} };
  const beside = childConditions(POSTGRES, filter);
  const children = beside.map(
    ({ sql }) => `SELECT 'child', ${count} FROM sessions e
      WHERE (e.history_id, e.number) IN (SELECT history_id, number FROM hits WHERE is_beside) AND ${sql}`,
  );
  return { sql: [entries, ...children].join(' UNION ALL '), parameters: allOf(beside).parameters };
}

/**
 * A title matches if it contains every included part and no excluded one. The index does not support lists of patterns, so it looks up
 * the longest pattern of each alternative, and the others are compared in those rows. The SQL text does not depend on the number of
 * words, because each connection caches its statements.
 */
function titleConditions(alternatives: readonly SearchAlternative[]): readonly SqlPiece[] {
  if (alternatives.length === 0) return [];
  const pieces = alternatives.map(titleCondition);
  return [{ sql: pieces.map(({ sql }) => sql).join(' OR '), parameters: allOf(pieces).parameters }];
}

function titleCondition({ included, excluded }: SearchAlternative, at: number): SqlPiece {
  const [longest, ...others] = patternsOf(included);
  const place = at === 0 ? '' : String(at);
  const all = `w.folded_title LIKE :soughtTitle${place} AND w.folded_title LIKE ALL(:otherTitles${place})`;
  const parameters = { [`soughtTitle${place}`]: longest, [`otherTitles${place}`]: others };
  if (excluded.length === 0) return { sql: all, parameters };
  return {
    sql: `${all} AND NOT w.folded_title LIKE ANY(:noTitles${place})`,
    parameters: { ...parameters, [`noTitles${place}`]: patternsOf(excluded) },
  };
}

/** LIKE patterns, the longest first. */
function patternsOf(terms: readonly SearchTerm[]): readonly string[] {
  const texts = terms.map(({ text }) => toStored(foldText(text))).sort((a, b) => b.length - a.length);
  return texts.map((text) => `%${escapeLike(text)}%`);
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
