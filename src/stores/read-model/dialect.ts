import type { Cursor } from '../../domain/cursor.js';
import type { SessionAccess } from '../../sessions/session-access.js';
import type { SqlPiece } from './sql-piece.js';

/** What a list has entries of: conversations, or session rows. */
export type EntryKind = 'conversation' | 'row';

/** Where entries are, and what is called differently in the two kinds. */
export interface EntryTable {
  readonly table: string;
  /** The column with the id that an entry is shown by. */
  readonly id: string;
}

/**
 * What databases say in different words, and where a store keeps what. In conditions `e` is an entry, a conversation or a session.
 * Where a parameter is asked for, it is its name.
 */
export interface Dialect {
  /** A text as it is bound and stored. */
  readonly text: (value: string) => unknown;
  /** Several texts as one parameter. */
  readonly texts: (values: readonly string[]) => unknown;
  /** Yes or no as SQL. */
  readonly flag: (value: boolean) => string;
  /** A number of a column; what is none, or so large that it adds up to none ({@link USAGE_BOUND}), is NULL. */
  readonly number: (column: string) => string;
  /** What stands in a column as it is shown: as a text, or NULL. */
  readonly shown: (column: string) => string;
  /** The day of a column with epoch seconds, in the time zone of a parameter, to group by: `2026-05-01`, or NULL. */
  readonly day: (column: string, parameter: string) => string;
  /** Whether a column by which an index leads to entries has the text of a parameter. */
  readonly isText: (column: string, parameter: string) => string;
  /** How many rows a query has at most, as SQL; the number is also bound as a parameter. */
  readonly limit: (count: number, parameter: string) => string;
  /** Whether a column has one of the texts of a parameter. */
  readonly isOneOf: (column: string, parameter: string) => string;
  /** Joins what the condition behind it finds in the order in which it stands there, where the database can be told. */
  readonly join: string;

  readonly entries: Readonly<Record<EntryKind, EntryTable>>;
  /** Conditions for what lies in histories that somebody may know of. @param alias of a table. */
  readonly within: (access: SessionAccess, alias: string) => readonly SqlPiece[];
  /** Whether the platforms of all sessions of a conversation are among the texts of a parameter. @param alias of the conversation. */
  readonly arePlatformsAmong: (alias: string, parameter: string) => string;
  /** Whether an entry, or any session of its chain, has the title of a parameter. */
  readonly isTitled: (kind: EntryKind, parameter: string) => string;
  /** Whether an entry, or any session of its chain, works in a folder or `within` it; undefined where no folders are kept. */
  readonly worksIn: ((kind: EntryKind, folder: string, within: string) => string) | undefined;
  /** Whether an entry is pinned; of a conversation, what its first session says counts, as it is shown. */
  readonly isPinned: Readonly<Record<EntryKind, string>>;
  /** The entries `e` of a table, where a condition lets through what is pinned alone. */
  readonly onlyPinned: (table: string) => string;
  /** Whether `f` is the session that a conversation begins with. */
  readonly isFirst: string;
  /** Whether `c` is the conversation that a session begins, and whether `t` is the session that ends `c`. */
  readonly begins: string;
  readonly isTip: string;
  /** Whether a session goes on with another one of its chain, and whether `c` is the conversation of a session. */
  readonly goesOn: string;
  readonly hasEntry: string;
  /** The table with totals by platform and archive, and whether one of them is of a platform of a parameter. */
  readonly counts: { readonly table: string; readonly isOfPlatform: (parameter: string) => string };
}

/** Which history an entry is in. */
export interface HistoryScope {
  /** SQL for what tells apart entries `e` of several histories that are alike in everything else, to compare them. */
  readonly sql: string;
  /** The same as what entries are ordered by last: none where all are of one history. */
  readonly order: readonly string[];
  /**
   * The history of a place, as this SQL has it.
   * @throws {DomainError} `invalid_cursor`
   */
  readonly of: (place: Cursor) => unknown;
  /** What is selected to tell what a history is called, `profile` and `origin`, and what has to be joined to a table for that. */
  readonly name: string;
  readonly join: (alias: string) => string;
  readonly parameters: SqlPiece['parameters'];
}

/** What is asked, and how. */
export interface ReadScope {
  readonly dialect: Dialect;
  readonly history: HistoryScope;
}
