import { inParts } from '../../read-model/message-parts.js';
import { bytesSql, SEARCHED_COLUMNS } from '../file/readable-size.js';
import { rowidOf } from '../file/rowids.js';
import type { Row, SqliteReader } from '../file/sqlite-reader.js';
import { countOf } from '../file/values.js';
import type { StoredTexts } from './searchable-text.js';

/** SQL expression: the bytes of what is searched in a message, without reading it. */
export const SEARCHED_BYTES = `(${bytesSql(['m.content', 'm.tool_calls'])})`;

/**
 * Reads what is searched in messages one after the other, as many at a time as fit into some megabytes and at least one.
 * @param messages rows with their ids as `id`, and {@link SEARCHED_BYTES} as `bytes`.
 * @param take is called with each of them that is still there, in their order.
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
