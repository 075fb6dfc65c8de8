import { DomainError } from '../../../domain/errors.js';
import { quotedName } from './stored-rows.js';
import type { HistoryMoment } from './layout.js';
import type { SqliteReader } from './sqlite-reader.js';
import { textOf } from './values.js';

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
