import type { Database } from 'better-sqlite3';
import { DomainError } from '../../../domain/errors.js';
import { quotedName } from './stored-rows.js';
import type { HistoryMoment } from './layout.js';
import type { SqliteReader } from './sqlite-reader.js';
import { textOf } from './values.js';

/** A column of a Hermes table. The sessions that it names must not be deleted until Hermes itself has settled and retired them. */
export interface Ledger {
  readonly table: string;
  readonly column: string;
}

/**
 * The ledgers of a file, in which Hermes's gateway records what it runs. They are recognized by `ON DELETE RESTRICT`, which SQLite does not enforce
 * in a connection without foreign keys.
 */
export function readLedgers(db: Database): readonly Ledger[] {
  return db
    .prepare<[], Ledger>(
      `SELECT t.name AS "table", f."from" AS "column" FROM sqlite_master t CROSS JOIN pragma_foreign_key_list(t.name) f
        WHERE t.type = 'table' AND f."table" = 'sessions' COLLATE NOCASE AND f.on_delete = 'RESTRICT'`,
    )
    .all();
}

/** The refusal to delete a session that is in a ledger. */
export function inLedger(): DomainError {
  return new DomainError('refused_by_history', {
    message:
      "Hermes's gateway keeps a ledger of what it ran in this conversation, so that Hermes alone can delete it. Nothing was deleted; delete it by Hermes's own means.",
  });
}

/** Which of some sessions are in a ledger. */
export function ledgeredAmong({ reader, layout }: HistoryMoment, ids: readonly string[]): readonly string[] {
  return layout.ledgers.flatMap(({ table, column }) =>
    readIds(
      reader,
      `SELECT value AS id FROM json_each(?) WHERE value IN (SELECT ${quotedName(column)} FROM ${quotedName(table)})`,
      [JSON.stringify(ids)],
    ),
  );
}

/** All sessions that are in a ledger. */
export function ledgeredSessions({ reader, layout }: HistoryMoment): ReadonlySet<string> {
  return new Set(
    layout.ledgers.flatMap(({ table, column }) =>
      readIds(reader, `SELECT DISTINCT ${quotedName(column)} AS id FROM ${quotedName(table)}`, []),
    ),
  );
}

function readIds(reader: SqliteReader, sql: string, parameters: readonly string[]): readonly string[] {
  return reader.all(sql, ...parameters).flatMap(({ id }) => textOf(id) ?? []);
}
