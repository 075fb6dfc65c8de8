/** What databases say in different words. */
export interface Dialect {
  /** A text as it is bound and stored. */
  readonly text: (value: string) => unknown;
  /** Several texts as one parameter. */
  readonly texts: (values: readonly string[]) => unknown;
  /** Yes or no as it is bound and stored. */
  readonly flag: (value: boolean) => unknown;
  /** A number of a column; what is none is NULL. */
  readonly number: (column: string) => string;
  /** The day of a column with epoch seconds, in the time zone of a parameter: `2026-05-01`, or NULL. */
  readonly day: (column: string, parameter: string) => string;
  /** Whether a column has the text of a parameter. */
  readonly equals: (column: string, parameter: string) => string;
  /** Whether a column has one of the texts of a parameter. */
  readonly isOneOf: (column: string, parameter: string) => string;
  /** Whether all texts that a column holds, if any, are among those of a parameter. */
  readonly areAmong: (column: string, parameter: string) => string;
  /** Selects `number` and `family_number` of the sessions with the title of the parameter `title`. */
  readonly titled: string;
}

/** The function for days that connections have to be given, since SQLite knows no time zones. */
export const DAY_FUNCTION = 'day_of';

/** SQLite: several texts are a JSON array. An agent can rename a session at any time, so titles are looked up in its own file. */
export const SQLITE: Dialect = {
  text: (value) => value,
  flag: Number,
  // A damaged row can have anything there.
  number: (column) => `CASE WHEN typeof(${column}) IN ('integer', 'real') THEN ${column} END`,
  day: (column, parameter) => `${DAY_FUNCTION}(${column}, :${parameter})`,
  texts: (values) => JSON.stringify(values),
  equals: (column, parameter) => `${column} = :${parameter}`,
  isOneOf: (column, parameter) => `${column} IN (SELECT value FROM json_each(:${parameter}))`,
  areAmong: (column, parameter) =>
    `(${column} IS NULL OR NOT EXISTS (SELECT 1 FROM json_each(${column}) own
      WHERE own.value NOT IN (SELECT value FROM json_each(:${parameter}))))`,
  titled:
    'SELECT k.number, k.family_number FROM sessions s CROSS JOIN known_sessions k ON k.id = s.id WHERE s.title = :title',
};
