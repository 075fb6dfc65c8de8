import type { SqliteReader } from '../file/sqlite-reader.js';
import { countOf } from '../file/values.js';
import type { Layout } from '../file/layout.js';
import type { SharedMessageOwners } from '../index/message-owners.js';
import type { Deadline } from '../../../sessions/search/deadline.js';
import { isInTranscriptSql } from '../transcript/transcript-sql.js';
import type { FullTextTable } from './search-source.js';
import type { SessionHits } from './session-hits.js';

/** Rows of an index that are taken between two looks at the clock. */
const ROWS_BETWEEN_LOOKS = 500;

/** So many hits are taken at once; more are taken one by one, so that memory stays small and the clock is looked at. */
const HITS_AT_ONCE = 50_000;

/** So few hits are looked up in the file, which is always right; more are left to what the index remembers. */
const LOOKED_UP_HITS = 1000;

/** What is asked of a full-text index. */
export interface IndexQuery {
  readonly table: FullTextTable;
  /** In FTS5's language; what any of them finds is a hit. */
  readonly matches: Iterable<string>;
  readonly ranked: boolean;
  readonly owners: SharedMessageOwners;
  /** Messages that are no hits, whatever the index says. */
  readonly exceptions: ReadonlySet<number>;
  readonly deadline: Deadline;
}

/** Which rows of a full-text index are hits; `rank` is SQL. */
interface HitSelection {
  readonly table: FullTextTable;
  readonly match: string;
  readonly rank: string;
}

type TakeHit = (messageId: number, rank: number) => void;

/** Finds messages by the file's own full-text indexes, with raw SQL. */
export class IndexHits {
  constructor(
    private readonly reader: SqliteReader,
    private readonly layout: Layout,
  ) {}

  /** @throws {DeadlineError} */
  find({ matches, ...request }: IndexQuery, hits: SessionHits): void {
    for (const match of matches) this.#findOne(match, request, hits);
  }

  #findOne(
    match: string,
    { table, ranked, owners, exceptions, deadline }: Omit<IndexQuery, 'matches'>,
    hits: SessionHits,
  ): void {
    const count = countOf(this.reader.value(`SELECT count(*) FROM ${table} WHERE ${table} MATCH ?`, match));
    deadline.check();
    const looksUp = count <= LOOKED_UP_HITS || this.#mustLookUp;
    const take = (id: number, rank: number): void => {
      const slot = looksUp ? this.#lookUp(id, owners) : owners.signedSlot(id);
      if (slot > 0 && !exceptions.has(id)) hits.add(slot - 1, id, rank);
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

  /** Takes messages that are known to have what is searched, where their transcripts show them. */
  take(ids: Iterable<number>, owners: SharedMessageOwners, hits: SessionHits): void {
    for (const id of ids) {
      const slot = this.#lookUp(id, owners);
      if (slot > 0) hits.add(slot - 1, id, 0);
    }
  }

  /** slot + 1 of the session that a message belongs to, by what the file says of it now; 0 where it is no hit. */
  #lookUp(id: number, owners: SharedMessageOwners): number {
    const slot = Math.abs(owners.signedSlot(id));
    if (slot === 0) return 0;
    const isShown = this.reader.value(
      `SELECT ${isInTranscriptSql(this.layout)} FROM messages m WHERE m.id = ?`,
      id,
    );
    return isShown === 1 ? slot : 0;
  }
}
