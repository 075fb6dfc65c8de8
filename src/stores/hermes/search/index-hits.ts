import { ENDLESS_TURN } from '../file/reader-gate.js';
import { countOf } from '../file/values.js';
import type { HistoryMoment } from '../file/layout.js';
import type { Deadline } from '../../../sessions/search/deadline.js';
import { isInTranscriptSql } from '../transcript/transcript-sql.js';
import type { FullTextTable } from './search-source.js';
import type { FoundSessions } from './found-sessions.js';

/** Most hits per statement. The smaller number takes some tens of milliseconds, for when a read blocks commits of the file's owner. */
const HITS_AT_ONCE = { endless: 250_000, taken: 50_000 } as const;

/** Up to this many hits are checked in the file, which is always right; for more, what the index recorded has to do. */
const LOOKED_UP_HITS = 1000;

/** The bounds of all ids. */
const [FIRST_ID, LAST_ID] = [-(2n ** 63n), 2n ** 63n - 1n];

/** A query to a full-text index. */
export interface IndexQuery {
  readonly table: FullTextTable;
  /** In FTS5's language; whatever any of them matches is a hit. */
  readonly matches: Iterable<string>;
  readonly ranked: boolean;
  /** Messages that are not hits, whatever the index says. */
  readonly exceptions: ReadonlySet<number>;
  readonly deadline: Deadline;
}

/** Selects the hits among the rows of a full-text index; `score` is SQL. */
interface HitSelection {
  readonly table: FullTextTable;
  readonly match: string;
  readonly score: string;
  readonly exceptions: ReadonlySet<number>;
}

/** Finds messages by the file's own full-text indexes, with raw SQL. */
export class IndexHits {
  constructor(private readonly history: HistoryMoment) {}

  /** @throws {DeadlineError} */
  find({ matches, table, ranked, exceptions, deadline }: IndexQuery, found: FoundSessions): void {
    const select = { table, score: ranked ? '-f.rank' : '0', exceptions };
    for (const match of matches) this.#findOne({ ...select, match }, deadline, found);
  }

  /** Adds messages that are known to match, if their transcripts show them. */
  take(ids: readonly number[], found: FoundSessions): void {
    if (ids.length === 0) return;
    this.history.reader.turns.take(() => {
      found.takeSelected(
        `SELECT abs(o.session), 0, m.id FROM json_each(?) f CROSS JOIN known_messages o ON o.id = f.value
          CROSS JOIN messages m ON m.id = f.value WHERE ${isInTranscriptSql(this.history.layout)}`,
        JSON.stringify(ids),
      );
    });
  }

  #findOne(
    { table, match, score, exceptions }: HitSelection,
    deadline: Deadline,
    found: FoundSessions,
  ): void {
    const count = countOf(
      this.history.reader.value(`SELECT count(*) FROM ${table} WHERE ${table} MATCH ?`, match),
    );
    const matching = `FROM ${table} f CROSS JOIN known_messages o ON o.id = f.rowid`;
    const select =
      count <= LOOKED_UP_HITS || this.#mustLookUp
        ? `SELECT abs(o.session), ${score}, f.rowid ${matching} CROSS JOIN messages m ON m.id = f.rowid
            WHERE f.${table} MATCH ? AND ${isInTranscriptSql(this.history.layout)}`
        : `SELECT o.session, ${score}, f.rowid ${matching} WHERE f.${table} MATCH ? AND o.session > 0`;
    const notThose = exceptions.size === 0 ? [] : [JSON.stringify([...exceptions])];
    const conditions = [select, ...notThose.map(() => 'f.rowid NOT IN (SELECT value FROM json_each(?))')];
    for (const range of this.#ranges(count)) {
      deadline.check();
      const inRange = range.length === 0 ? [] : ['f.rowid > ? AND f.rowid <= ?'];
      this.history.reader.turns.take(() => {
        found.takeSelected([...conditions, ...inRange].join(' AND '), match, ...notThose, ...range);
      });
    }
  }

  /**
   * Divides the message ids into ranges with few enough of the `hits` for one statement each; one range without bounds if all fit. As few ranges as
   * possible, since FTS5 counts all hits before it ranks the first. FTS5 recognizes a bound by its type, which only a bigint guarantees.
   */
  #ranges(hits: number): readonly (readonly bigint[])[] {
    const { endless, taken } = HITS_AT_ONCE;
    const parts = Math.ceil(hits / (this.history.reader.turns === ENDLESS_TURN ? endless : taken));
    if (parts <= 1) return [[]];
    const newest = BigInt(countOf(this.history.reader.value('SELECT max(id) FROM messages')));
    const ends = Array.from({ length: parts - 1 }, (_end, at) => (newest * BigInt(at + 1)) / BigInt(parts));
    const bounds = [FIRST_ID, ...ends, LAST_ID];
    return bounds.slice(1).map((until, at) => [bounds[at] ?? FIRST_ID, until]);
  }

  /** Whether only a message's own row shows that it was rewound. */
  get #mustLookUp(): boolean {
    return this.history.layout.messageColumns.has('active') && !this.history.layout.activeIsIndexed;
  }
}
