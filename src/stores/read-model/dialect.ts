import type { Cursor } from '../../domain/cursor.js';
import type { SessionAccess } from '../../domain/access.js';
import type { SqlPiece } from './sql-piece.js';

/** The kind of list entries: conversations, or session rows. */
export type EntryKind = 'conversation' | 'row';

/** The table of one kind of entry. */
export interface EntryTable {
  readonly table: string;
  /** The column with the id that an entry is shown by. */
  readonly id: string;
}

/**
 * The SQL differences between databases and stores. In conditions `e` is an entry, a conversation or a session. Parameters are given by
 * name.
 */
export interface Dialect {
  /** Converts a text to the form in which it is stored and bound. */
  readonly text: (value: string) => unknown;
  /** Several texts as one parameter. */
  readonly texts: (values: readonly string[]) => unknown;
  /** A boolean as SQL. */
  readonly flag: (value: boolean) => string;
  /** A column as a number; NULL if it is not a number, or too large to sum ({@link USAGE_BOUND}). */
  readonly number: (column: string) => string;
  /** A column as it is shown: a text or NULL. */
  readonly shown: (column: string) => string;
  /** The day of a column with epoch seconds in the time zone of a parameter, for GROUP BY: `2026-05-01`, or NULL. */
  readonly day: (column: string, parameter: string) => string;
  /** Whether an indexed column has the text of a parameter. */
  readonly isText: (column: string, parameter: string) => string;
  /** SQL for a LIMIT; the number is also bound as a parameter. */
  readonly limit: (count: number, parameter: string) => string;
  /** Whether a column has one of the texts of a parameter. */
  readonly isOneOf: (column: string, parameter: string) => string;
  /** A join that keeps the order of the tables, if the database supports that. */
  readonly join: string;

  readonly entries: Readonly<Record<EntryKind, EntryTable>>;
  /** Conditions for rows of accessible histories. @param alias of a table. */
  readonly within: (access: SessionAccess, alias: string) => readonly SqlPiece[];
  /** Whether all platforms of a conversation are among the texts of a parameter. @param alias of the conversation. */
  readonly arePlatformsAmong: (alias: string, parameter: string) => string;
  /** Whether an entry, or any session of its chain, has the title of a parameter. */
  readonly isTitled: (kind: EntryKind, parameter: string) => string;
  /** Whether an entry, or any session of its chain, works in a folder or below it (`within`); undefined if the store has no folders. */
  readonly worksIn: ((kind: EntryKind, folder: string, within: string) => string) | undefined;
  /** Whether an entry is pinned. For a conversation its first session decides, as lists show it. */
  readonly isPinned: Readonly<Record<EntryKind, string>>;
  /** A table with entries `e`, restricted where possible if a condition selects only pinned entries. */
  readonly onlyPinned: (table: string) => string;
  /** Whether `f` is the first session of a conversation. */
  readonly isFirst: string;
  /** Whether `c` is the conversation that begins with a session; whether `t` is the last session of `c`. */
  readonly begins: string;
  readonly isTip: string;
  /** Whether a session continues another session of its chain; whether `c` is a session's conversation. */
  readonly goesOn: string;
  readonly hasEntry: string;
  /** The table with totals by platform and archive flag; whether a total belongs to a platform of a parameter. */
  readonly counts: { readonly table: string; readonly isOfPlatform: (parameter: string) => string };
}

/** How a query identifies histories. */
export interface HistoryScope {
  /** SQL for a value that distinguishes otherwise equal entries `e` of several histories. */
  readonly sql: string;
  /** The last terms of the order; none if all entries are in one history. */
  readonly order: readonly string[];
  /**
   * The history of a cursor, in the form of {@link sql}.
   * @throws {DomainError} `invalid_cursor`
   */
  readonly of: (place: Cursor) => unknown;
  /** The columns `profile` and `origin` of a history's name, and the join that they need. */
  readonly name: string;
  readonly join: (alias: string) => string;
  readonly parameters: SqlPiece['parameters'];
}

/** The database and its histories, for building queries. */
export interface ReadScope {
  readonly dialect: Dialect;
  readonly history: HistoryScope;
}
