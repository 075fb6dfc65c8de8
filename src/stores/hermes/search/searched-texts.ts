import { inParts } from '../../read-model/message-parts.js';
import { bytesSql, SEARCHED_COLUMNS } from '../file/readable-size.js';
import { rowidOf } from '../file/rowids.js';
import type { Row, SqliteReader } from '../file/sqlite-reader.js';
import { countOf } from '../file/values.js';
import type { StoredTexts } from './searchable-text.js';

/** SQL expression: the bytes of a message's searched columns, without reading them. */
export const SEARCHED_BYTES = `(${bytesSql(['m.content', 'm.tool_calls'])})`;

/**
 * Reads the searched columns of messages, in batches of some megabytes or at least one message.
 * @param messages rows with their ids as `id`, and {@link SEARCHED_BYTES} as `bytes`.
 * @param take is called with each message that still exists, in order.
 */
export function readSearchedTexts<R extends Row>(
  reader: SqliteReader,
  messages: readonly R[],
  take: (message: R, texts: StoredTexts) => void,
): void {
  for (const some of inParts(messages, ({ bytes }) => countOf(bytes))) {
    const rows = reader.all(
      `SELECT m.id, ${SEARCHED_COLUMNS} FROM messages m WHERE m.id IN (SELECT value FROM json_each(?))`,
      JSON.stringify(some.map(({ id }) => rowidOf(id))),
    );
    const byId = new Map(rows.map((row) => [rowidOf(row.id), row]));
    for (const message of some) {
      const row = byId.get(rowidOf(message.id));
      if (row !== undefined) take(message, [row.content, row.tool_name, row.tool_calls]);
    }
  }
}
