import { DomainError } from '../../../domain/errors.js';
import { OF_ONE_COPY } from '../../../sessions/kept-session.js';
import { isLimited, type SessionAccess } from '../../../sessions/session-access.js';
import type { OpenHistory } from '../file/hermes-connection.js';
import { runRowChanges } from '../file/row-change.js';
import type { SqliteReader } from '../file/sqlite-reader.js';
import { quotedName } from '../file/stored-rows.js';
import { countMessages } from './message-counts.js';
import { addingMessages, trigramBalance } from './trigram-balance.js';

const LIFTED = 'temp."lifted messages"';

/** A session that somebody adds. */
interface AddedSession {
  readonly id: string;
  /** Of whoever adds it. */
  readonly access: SessionAccess;
}

/**
 * Adds a session inside a transaction. There can be messages under its id although its row is gone: an agent that still has the id goes on
 * writing. They belong to nobody who can be told from them, so that nobody gets them who may not know of everybody's; else they come behind
 * what is added, since ids order a transcript.
 * @param add adds its row, with messages or without.
 * @throws {DomainError} `session_exists`; `tokenizer_unavailable`; and what `add` throws
 */
export function besideLeft(history: OpenHistory, { id, access }: AddedSession, add: () => void): void {
  const { reader } = history;
  const isLeft =
    reader.get('SELECT 1 FROM messages WHERE session_id = ? LIMIT 1', id) !== undefined &&
    reader.get('SELECT 1 FROM sessions WHERE id = ?', id) === undefined;
  if (!isLeft) {
    add();
    return;
  }
  if (isLimited(access))
    throw new DomainError('session_exists', { message: `Session already exists: ${id}` });
  const putBehind = liftMessages(history, messageIds(reader, id));
  add();
  putBehind();
  countMessages(reader, id);
}

/** Ids of a session's messages in their order, as text: the driver's numbers are not exact beyond 2^53. */
export function messageIds(reader: SqliteReader, id: string): readonly string[] {
  const sql = 'SELECT CAST(id AS TEXT) FROM messages WHERE session_id = ? ORDER BY id';
  return reader.tuples(sql, id).map(([message]) => String(message));
}

/**
 * Takes messages out, inside a transaction, to be put in again behind all others in the same one. To give them other ids would leave them in
 * the search indexes by their old ones; and whether those have a message can depend on the session's row, which is to be the same then as when the
 * message was written.
 * @returns puts them in.
 */
export function liftMessages(history: OpenHistory, ids: readonly string[]): () => void {
  const { reader, layout, canFireTriggers } = history;
  if (ids.length === 0) return () => undefined;
  if (!canFireTriggers) throw new DomainError('tokenizer_unavailable');
  const columns = [...layout.messageColumns]
    .filter((column) => column === 'session_id' || !OF_ONE_COPY.has(column))
    .map(quotedName)
    .join(', ');
  const list = `[${ids.join(',')}]`;
  // In SQLite, which alone has every value as it is.
  reader.run(
    `CREATE TABLE ${LIFTED} AS SELECT ${columns} FROM main.messages
      WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id`,
    list,
  );
  removeMessages(history, list);
  return () => {
    addingMessages(history, () =>
      reader.run(`INSERT INTO messages (${columns}) SELECT ${columns} FROM ${LIFTED} ORDER BY rowid`),
    );
    reader.run(`DROP TABLE ${LIFTED}`);
  };
}

/** Removes messages inside a transaction. @param list of their ids, as JSON. */
export function removeMessages(history: OpenHistory, list: string): void {
  runRowChanges(history.reader, [
    ...trigramBalance(history, { column: 'id', list }),
    { sql: 'DELETE FROM messages WHERE id IN (SELECT value FROM json_each(?))', parameters: [list] },
  ]);
}
