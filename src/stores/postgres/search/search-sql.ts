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

/** The newest entries of those found are ordered by relevance, so many of them. */
export const RANKED_ENTRIES = 500;

/** What is searched for, and the sessions of which it is known by reading that they have it. */
export interface Sought {
  readonly query: SearchQuery;
  readonly words: WordQuery;
  readonly read: readonly SessionKey[];
  /** What is looked for instead of all that the index of words has. */
  readonly nearest?: SqlPiece;
}

/** How many times as many entries are looked at as should be needed to find enough, and the least part of them that is believed to be hit. */
const LOOKED_AT = 10;
const LEAST_SHARE = 0.01;

/** Entries that are looked at, at most, where each that may be hit has to be read to be sure. */
export const MOST_LOOKED_AT = 50_000;

/** A list that is looked through in its order. */
export interface ListWalk {
  readonly list: SessionPageRequest;
  /** What it has entries of. */
  readonly kind: EntryKind;
  /** How many entries with hits are enough. */
  readonly most: number;
}

/** Sessions of an entry whose words fit; of each one row is enough. What a row lacks that is not whole it cannot deny: such rows are read. */
const HAS_WORDS = `CROSS JOIN LATERAL (
  SELECT 1 FROM session_words w WHERE w.history_id = s.history_id AND w.session_number = s.number
    AND w.words @@ CAST(:words AS tsquery) AND w.is_whole LIMIT 1) fitting`;

/** How many entries are looked at before a walk along a list is given up. */
export function entriesLookedAt(most: number, share: number): number {
  return Math.ceil((LOOKED_AT * most) / Math.max(share, LEAST_SHARE));
}

/**
 * Selects the sessions with hits of the entries that a page begins with: looked for one entry after the other along the order of the list.
 * That is soon done for words that many have, however many these are; it is given up where
 * they turn out to be rarer than was expected.
 * @param share the part of all entries that is expected to be hit.
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
 * Selects the rows of words that may have a hit of the entries that a page begins with, in the order of the list, one after the other.
 * @param columns what is selected of a row `w`.
 * @param match whether a row may have one.
 */
export function rowsAlongListSql({ list, kind }: ListWalk, columns: string, match: SqlPiece): SqlPiece {
  const { entries, keys, isOfEntry, parameters } = listedEntries(list, kind, MOST_LOOKED_AT);
  return {
    // What stands in parts by itself is neither joined in another order nor all at once.
    sql: `SELECT e.place, ${columns} FROM (SELECT e.*, row_number() OVER (ORDER BY ${keys}) AS place FROM (${entries}) e) e
      CROSS JOIN LATERAL (SELECT s.history_id, s.number FROM sessions s WHERE ${isOfEntry} OFFSET 0) s
      CROSS JOIN LATERAL (
        SELECT * FROM session_words w WHERE w.history_id = s.history_id AND w.session_number = s.number AND ${match.sql} OFFSET 0) w
      ORDER BY ${keys}`,
    parameters: together(parameters, match.parameters),
  };
}

/**
 * The list that is looked through for a page of a search. By relevance, that is the newest ones of all, listed or not, which are then ranked;
 * or the newest by start, where nothing is ranked: what has the words in its title comes before those, and is found by itself.
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
    ...{ ...request, sort: '-started_at' },
    start: isBehindTitles ? { after: { ...after, value: after.startedAt } } : { offset: 0 },
  };
}

/** The first entries `e` of a list, by its order. */
function listedEntries(
  request: SessionPageRequest,
  kind: EntryKind,
  lookedAt: number,
): {
  readonly entries: string;
  readonly keys: string;
  /** Whether a session `s` is one of an entry. */
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
 * Selects sessions with hits, each with the number of the entry of a list that it belongs to, listed or not: by the index of words, by having
 * been read where that is not sure, and by titles. A session can be there several times. Most sessions are a conversation by themselves, so
 * that only the few others are looked up to know theirs. Nothing but numbers is selected: there can be a million of them.
 * What is looked for instead of all is `nearest`.
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

/** Which sessions are no conversation by themselves: an index has these alone. */
const BESIDE = 'e.root_number <> e.number OR NOT e.is_entry';

/** Entries that were hit and that a filter lets through, once each, of `hits`. */
export function foundSql(filter: SessionFilter, kind: EntryKind): SqlPiece {
  const { table, id } = ENTRIES[kind];
  const { sql, parameters } = allOf(filterConditions(POSTGRES, filter, kind));
  return {
    sql: `SELECT e.history_id, e.number, e.${id} AS id, e.started_order, e.active_order, e.archived,
        CASE WHEN h.titled THEN ${TITLE_SCORE} ELSE 0 END AS score
      FROM (SELECT history_id, entry, bool_or(titled) AS titled FROM hits GROUP BY 1, 2) h
      JOIN ${table} e ON e.history_id = h.history_id AND e.number = h.entry WHERE ${sql}`,
    parameters,
  };
}

/**
 * Adds to the score of the newest entries that were `found` how well the best of their rows of words matches. Each row has to be read
 * for that, so that the others stay behind these, as they are.
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

/** Counts entries that were `found`, and of a list of conversations the sessions of `hits` that are no entries by themselves. */
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
 * A title is found by every part that is asked for, and by none that must not be there. An index knows no lists of patterns, so the longest one of each
 * alternative is looked up by itself, and the others are compared in what that found: one statement, however many words there are, since each
 * connection keeps its statements.
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

/** The longest one first. */
function patternsOf(terms: readonly SearchTerm[]): readonly string[] {
  const texts = terms.map(({ text }) => toStored(foldText(text))).sort((a, b) => b.length - a.length);
  return texts.map((text) => `%${escapeLike(text)}%`);
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
