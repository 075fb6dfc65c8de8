import type { SqliteReader, SqlValue } from './sqlite-reader.js';

/** What distinguishes a history from another one that was written over it. */
export interface Landmarks {
  /** The schema cookie, and the root pages of the tables. SQLite also takes an equal cookie as proof of an equal schema. */
  readonly cookie: SqlValue | undefined;
  readonly roots: SqlValue | undefined;
  /** The newest message, whose session and time never change; undefined if there is none. */
  readonly messageId: SqlValue | undefined;
  readonly message: string | undefined;
}

/** Reads the landmarks of the open history. */
export function readLandmarks(reader: SqliteReader): Landmarks {
  const messageId = reader.value('SELECT max(id) FROM messages') ?? undefined;
  return {
    cookie: reader.schemaCookie(),
    roots: rootsOf(reader),
    messageId,
    message: messageId === undefined ? undefined : messageOf(reader, messageId),
  };
}

/** Whether a history may be the one with these landmarks: an agent may have continued it, and removed messages. */
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
