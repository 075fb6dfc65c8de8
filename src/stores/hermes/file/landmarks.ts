import type { SqliteReader, SqlValue } from './sqlite-reader.js';

/** By what a history is told from another one that was written over it. */
export interface Landmarks {
  /** The schema, and where its tables begin: SQLite, too, takes an equal cookie for an equal schema. */
  readonly cookie: SqlValue | undefined;
  readonly roots: SqlValue | undefined;
  /** The newest message, whose session and time never change; undefined where there is none. */
  readonly messageId: SqlValue | undefined;
  readonly message: string | undefined;
}

/** Reads those of the history that is open. */
export function readLandmarks(reader: SqliteReader): Landmarks {
  const messageId = reader.value('SELECT max(id) FROM messages') ?? undefined;
  return {
    cookie: reader.schemaCookie(),
    roots: rootsOf(reader),
    ...{ messageId, message: messageId === undefined ? undefined : messageOf(reader, messageId) },
  };
}

/** Whether a history may be the one that these are of: an agent may have gone on with it, and removed messages. */
export function hasLandmarks(
  reader: SqliteReader,
  { cookie, roots, messageId, message }: Landmarks,
): boolean {
  if (reader.schemaCookie() === cookie && rootsOf(reader) !== roots) return false;
  const now = messageId === undefined ? undefined : messageOf(reader, messageId);
  return now === undefined || now === message;
}

function rootsOf(reader: SqliteReader): SqlValue | undefined {
  return reader.value('SELECT group_concat(rootpage) FROM main.sqlite_master');
}

function messageOf(reader: SqliteReader, id: SqlValue): string | undefined {
  const row = reader.get('SELECT session_id, timestamp FROM messages WHERE id = ?', id);
  return row === undefined ? undefined : `${String(row.timestamp)} ${String(row.session_id)}`;
}
