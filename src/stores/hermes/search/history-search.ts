import type { Layout } from '../file/layout.js';
import type { SqliteReader, SqlValue } from '../file/sqlite-reader.js';
import { countOf } from '../file/values.js';
import type { SharedMessageOwners } from '../index/message-owners.js';
import { readableText } from '../../../sessions/transcript/message-content.js';
import { isKeptSql } from '../transcript/transcript-sql.js';
import type { Deadline } from '../../../sessions/search/deadline.js';
import {
  parseSearch,
  type SearchExpression,
  type SearchQuery,
} from '../../../sessions/search/search-query.js';
import { chooseSource, type SearchSource } from './search-source.js';
import { foldCase, needsSubstring } from '../../../sessions/search/search-text.js';
import { SessionHits, type FoundSessions } from './session-hits.js';
import { toMatchExpression } from './match-expression.js';
import { matches } from '../../../sessions/search/text-matcher.js';
import { TitleList } from './title-list.js';

/** Rows of an index that are taken between two looks at the clock. */
const ROWS_BETWEEN_LOOKS = 500;

/** So many hits are taken at once; more are taken one by one, so that memory stays small and the clock is looked at. */
const HITS_AT_ONCE = 50_000;

/** Message ids that are scanned in one go where no index can answer: a few milliseconds of lock at a time. */
const SCAN_SLICE = 2000;

/** So few hits are looked up in the file, which is always right; more are left to what the index remembers. */
const LOOKED_UP_HITS = 1000;

/** A search, and what it needs of the index. */
export interface SearchRequest {
  readonly text: string;
  /** Whether hits are ranked; where not, the newest message of a session stands for it. */
  readonly ranked: boolean;
  readonly owners: SharedMessageOwners;
  readonly deadline: Deadline;
}

/** What a search found: sessions with hits, and rowids of sessions whose title matches. */
export interface SearchFindings extends FoundSessions {
  readonly titleRowids: Float64Array;
  readonly incomplete: boolean;
}

/** Which rows of a full-text index are hits; `rank` is SQL. */
interface HitSelection {
  readonly table: string;
  readonly match: string;
  readonly rank: string;
}

type TakeHit = (messageId: number, rank: number) => void;

/** Full-text search over the messages and titles of one opening of a history. */
export class HistorySearch {
  readonly #titles: TitleList;

  constructor(
    private readonly reader: SqliteReader,
    private readonly layout: Layout,
  ) {
    this.#titles = new TitleList(reader);
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
    if (source.kind === 'index') this.#findIndexed(query, source.table, request, hits);
    else this.#scan(query, request, hits);
    return {
      ...hits.found(),
      titleRowids: this.#titles.containing(query.titleTerms.map((term) => foldCase(term.text))),
      incomplete: !source.complete,
    };
  }

  /** The raw full-text SQL of this store stands here and nowhere else. */
  #findIndexed(
    query: SearchQuery,
    table: Extract<SearchSource, { readonly kind: 'index' }>['table'],
    { owners, ranked, deadline }: SearchRequest,
    hits: SessionHits,
  ): void {
    const match = toMatchExpression(query.expression);
    const count = countOf(this.reader.value(`SELECT count(*) FROM ${table} WHERE ${table} MATCH ?`, match));
    deadline.check();
    const looksUp = count <= LOOKED_UP_HITS || this.#mustLookUp;
    const take = (id: number, rank: number): void => {
      const slot = looksUp ? this.#lookUp(id, owners) : owners.signedSlot(id);
      if (slot > 0) hits.add(slot - 1, id, rank);
    };
    const select = { table, match, rank: ranked ? 'rank' : '0' };
    if (count <= HITS_AT_ONCE) this.#takeColumns(select, take);
    else this.#takeRows(select, deadline, take);
  }

  /** Making an array of each row takes longer than finding it; two columns of numbers take a third less in all. */
  #takeColumns({ table, match, rank }: HitSelection, take: TakeHit): void {
    const { db, turns } = this.reader;
    const matching = `FROM ${table} WHERE ${table} MATCH ?`;
    const ids = db.prepare<[string], number>(`SELECT rowid ${matching}`).pluck();
    const ranks = db.prepare<[string], number>(`SELECT ${rank} ${matching}`).pluck();
    const both = db.transaction(() => [ids.all(match), ranks.all(match)] as const);
    const [foundIds, foundRanks] = turns.take(() => both());
    foundIds.forEach((id, at) => {
      take(id, foundRanks[at] ?? 0);
    });
  }

  /** Takes hits in the order of their ids, in as many reads as the file's lock allows. */
  #takeRows({ table, match, rank }: HitSelection, deadline: Deadline, take: TakeHit): void {
    const { db, turns } = this.reader;
    const rows = db
      .prepare<[string, number], [id: number, rank: number]>(
        `SELECT rowid, ${rank} FROM ${table} WHERE ${table} MATCH ? AND rowid > ? ORDER BY rowid`,
      )
      .raw();
    let last = 0;
    /** @returns whether these were the last rows. */
    const takeSome = (): boolean => {
      let taken = 0;
      for (const [id, value] of rows.iterate(match, last)) {
        take(id, value);
        last = id;
        if (++taken % ROWS_BETWEEN_LOOKS !== 0) continue;
        deadline.check();
        if (turns.isOver) return false;
      }
      return true;
    };
    while (!turns.take(takeSome));
  }

  /** Whether only a message's own row tells that it was rewound. */
  get #mustLookUp(): boolean {
    return this.layout.messageColumns.has('active') && !this.layout.activeIsIndexed;
  }

  /** slot + 1 of the session that a message belongs to, by what the file says of it now; 0 where it is no hit. */
  #lookUp(id: number, owners: SharedMessageOwners): number {
    const slot = Math.abs(owners.signedSlot(id));
    if (slot === 0) return 0;
    const kept = this.reader.value(`SELECT ${isKeptSql(this.layout)} FROM messages m WHERE m.id = ?`, id);
    return kept === 1 ? slot : 0;
  }

  /** Reads the messages themselves, in slices, where no index can answer. */
  #scan(query: SearchQuery, { owners, deadline }: SearchRequest, hits: SessionHits): void {
    const prefilter = scanPrefilter(query.expression);
    const last = countOf(this.reader.value('SELECT max(id) FROM messages'));
    const sql = `SELECT m.id, m.content, m.tool_name, m.tool_calls FROM messages m
      WHERE m.id > ? AND m.id <= ? AND ${prefilter.condition} AND ${isKeptSql(this.layout)}`;
    for (
      let from = this.#firstIdBehind(0) - 1;
      from < last;
      from = this.#firstIdBehind(from + SCAN_SLICE) - 1
    ) {
      for (const row of this.reader.all(sql, from, from + SCAN_SLICE, ...prefilter.parameters)) {
        deadline.check();
        const id = countOf(row.id);
        const slot = Math.abs(owners.signedSlot(id));
        if (slot !== 0 && isHit(query, [row.content, row.tool_name, row.tool_calls]))
          hits.add(slot - 1, id, 0);
      }
      deadline.check();
    }
  }

  /** Ids can leave wide gaps, which a scan skips. */
  #firstIdBehind(id: number): number {
    const next = this.reader.value('SELECT min(id) FROM messages WHERE id > ?', id);
    return typeof next === 'number' ? next : Infinity;
  }
}

function isHit({ expression, substring }: SearchQuery, stored: readonly unknown[]): boolean {
  return matches(expression, searchableText(stored), substring ? 'substrings' : 'words');
}

/** What is searched in a message: its content and its tool's name and calls, as Hermes's own index holds them. */
export function searchableText(stored: readonly unknown[]): string {
  return stored
    .map((value) => (typeof value === 'string' ? readableText(value) : ''))
    .filter((text) => text !== '')
    .join(' ');
}

/**
 * Leaves most rows of a scan to SQLite: a term in a script without case that every hit must contain.
 * Structured content is left to the scan itself, since its JSON may hold that term escaped.
 */
function scanPrefilter(expression: SearchExpression): {
  readonly condition: string;
  readonly parameters: readonly SqlValue[];
} {
  const term = requiredTerms(expression).find(
    (text) => needsSubstring(text) && foldCase(text) === text.toUpperCase(),
  );
  if (term === undefined) return { condition: '1', parameters: [] };
  return {
    condition: `(instr(m.content, ?) > 0 OR instr(m.tool_calls, ?) > 0 OR instr(m.tool_name, ?) > 0
      OR substr(CAST(m.content AS BLOB), 1, 1) = x'00')`,
    parameters: [term, term, term],
  };
}

function requiredTerms(expression: SearchExpression): readonly string[] {
  switch (expression.kind) {
    case 'term':
      return [expression.text];
    case 'and':
      return expression.operands.flatMap(requiredTerms);
    case 'not':
      return requiredTerms(expression.include);
    case 'or':
      return [];
  }
}
