import { foldText } from '../../../sessions/search/search-text.js';
import {
  titleAlternatives,
  type SearchAlternative,
  type SearchQuery,
  type SearchTerm,
} from '../../../sessions/search/search-query.js';
import type { SessionFilter } from '../../../sessions/session-query.js';
import { allOf, type SqlPiece } from '../../read-model/sql-piece.js';
import { childConditions, filterConditions } from '../../read-model/conditions.js';
import type { EntryKind } from '../../read-model/dialect.js';
import { byArchive } from '../../read-model/session-page.js';
import { ENTRIES, historyConditions, POSTGRES } from '../schema/postgres-dialect.js';
import { toStored } from '../schema/stored-text.js';
import type { SessionKey } from './message-hits.js';
import type { WordQuery } from './word-query.js';

/** Added to the score of an entry whose title matches: whoever types a title looks for that conversation. */
const TITLE_SCORE = 1000;

/** The newest entries of those found are ordered by relevance, so many of them. */
const RANKED_ENTRIES = 500;

/** What is searched for, and the sessions of which it is known by reading that they have it. */
export interface Sought {
  readonly query: SearchQuery;
  readonly words: WordQuery;
  readonly read: readonly SessionKey[];
}

/** Where hits are looked for: a table `w` with what it calls the number of a session. */
interface HitSource {
  readonly from: string;
  readonly number: 'number' | 'session_number';
  readonly where: string;
  readonly isTitle: boolean;
}

/**
 * Selects sessions with hits, each with the entry of the list that it stands for, which may be none: by the index of words, by having
 * been read where that is not sure, and by titles. A session can be there several times.
 */
export function hitsSql(filter: SessionFilter, kind: EntryKind, sought: Sought): SqlPiece {
  const entries = allOf(filterConditions(POSTGRES, filter, kind));
  const within = allOf(historyConditions(filter.access, 'w'));
  const titles = titleConditions(titleAlternatives(sought.query, filter.searchIn));
  return {
    sql: hitSources(sought, within, titles)
      .map((source) => entriesOfHits(source, kind, entries))
      .join(' UNION ALL '),
    parameters: {
      ...entries.parameters,
      ...within.parameters,
      ...allOf(titles).parameters,
      words: sought.words.text,
      hitHistories: sought.read.map(({ historyId }) => historyId),
      hitNumbers: sought.read.map(({ number }) => number),
    },
  };
}

function hitSources({ words }: Sought, within: SqlPiece, titles: readonly SqlPiece[]): readonly HitSource[] {
  return [
    ...(words.isExact
      ? [
          {
            from: 'session_words w',
            number: 'session_number',
            where: `w.words @@ CAST(:words AS tsquery) AND ${within.sql}`,
            isTitle: false,
          } as const,
        ]
      : []),
    {
      from: '(SELECT unnest(CAST(:hitHistories AS int[])) AS history_id, unnest(CAST(:hitNumbers AS bigint[])) AS number) w',
      number: 'number',
      where: 'true',
      isTitle: false,
    },
    ...(titles.length === 0
      ? []
      : [
          {
            from: 'sessions w',
            number: 'number',
            where: allOf([...titles, within]).sql,
            isTitle: true,
          } as const,
        ]),
  ];
}

/**
 * Joins what a source finds with the entries: each source by itself, since the database knows how many rows that makes only as long as
 * it knows where they come from. Most sessions are a conversation by themselves, so that only the few others are looked up to know theirs.
 */
function entriesOfHits(
  { from, number, where, isTitle }: HitSource,
  kind: EntryKind,
  entries: SqlPiece,
): string {
  const { table, id } = ENTRIES[kind];
  const own = `w.${number}`;
  const beside =
    kind === 'row'
      ? { join: '', flag: 'false', entry: own }
      : {
          join: `LEFT JOIN (SELECT e.history_id, e.number, e.root_number FROM sessions e WHERE ${BESIDE}) b
            ON b.history_id = w.history_id AND b.number = ${own}`,
          flag: 'b.number IS NOT NULL',
          entry: `coalesce(b.root_number, ${own})`,
        };
  return `SELECT w.history_id, ${own} AS number, ${beside.flag} AS is_beside, e.number AS entry, e.id, e.started_order, e.active_order,
        e.archived, ${String(isTitle)} AS titled
      FROM ${from} ${beside.join}
      LEFT JOIN (SELECT e.history_id, e.number, e.${id} AS id, e.started_order, e.active_order, e.archived FROM ${table} e
        WHERE ${entries.sql}) e ON e.history_id = w.history_id AND e.number = ${beside.entry}
      WHERE ${where}`;
}

/** Which sessions are no conversation by themselves: an index has these alone. */
const BESIDE = 'e.root_number <> e.number OR NOT e.is_entry';

/** Entries that were hit, once each, of `hits`. */
export const FOUND_SQL = `
  SELECT history_id, entry AS number, id, started_order, active_order, archived,
      CASE WHEN bool_or(titled) THEN ${TITLE_SCORE} ELSE 0 END AS score
    FROM hits WHERE entry IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6`;

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
    FROM found WHERE number NOT IN (SELECT number FROM newest)`;

/** Counts entries that were `found`, and of a list of conversations the sessions of `hits` that are no entries by themselves. */
export function countsOfHits(filter: SessionFilter, kind: EntryKind): SqlPiece {
  const count = byArchive('count(*)', POSTGRES);
  const entries = `SELECT '${kind}' AS kind, ${count} FROM found e`;
  if (kind === 'row') return { sql: entries, parameters: {} };
  const { sql, parameters } = allOf(childConditions(POSTGRES, filter));
  return {
    sql: `${entries} UNION ALL SELECT 'child', ${count} FROM sessions e
      WHERE (e.history_id, e.number) IN (SELECT history_id, number FROM hits WHERE is_beside) AND ${sql}`,
    parameters,
  };
}

/**
 * A title is found by every part that is asked for, and by none that must not be there. An index knows no lists of patterns, so the longest one of each
 * alternative is looked up by itself, and the others are compared in what that found: one statement, however many words there are, since each
 * connection keeps its statements.
 */
function titleConditions(alternatives: readonly SearchAlternative[]): readonly SqlPiece[] {
  if (alternatives.length === 0) return [];
  const pieces = alternatives.map(titleCondition);
  const [only, ...others] = pieces.map(({ sql }) => sql);
  return [
    {
      sql: others.length === 0 ? (only ?? 'false') : `(${pieces.map(({ sql }) => `(${sql})`).join(' OR ')})`,
      parameters: allOf(pieces).parameters,
    },
  ];
}

function titleCondition({ included, excluded }: SearchAlternative, at: number): SqlPiece {
  const [longest, ...others] = patternsOf(included);
  const place = at === 0 ? '' : String(at);
  const all = `w.folded_title LIKE :title${place} AND w.folded_title LIKE ALL(:otherTitles${place})`;
  const parameters = { [`title${place}`]: longest, [`otherTitles${place}`]: others };
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
