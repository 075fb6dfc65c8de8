/**
 * Most bytes of a value to read. The driver cannot read a value that exceeds JavaScript's longest string, some 512 MiB, and aborts the whole
 * statement; as JSON a text takes up to twice as much.
 */
const MOST_BYTES = 256 * 1024 * 1024;

/** SQL expression: a column, or NULL if it is too large to be read. Cheap: the length of a value is stored at the beginning of its row. */
export function readableSql(column: string): string {
  return `CASE WHEN octet_length(${column}) <= ${MOST_BYTES} THEN ${column} END`;
}

/** SQL expression: the bytes that are read of a column; NULL if it is too large. */
export function readableBytesSql(column: string): string {
  return `CASE WHEN octet_length(${column}) <= ${MOST_BYTES} THEN octet_length(${column}) END`;
}

/** SQL expression: the total bytes of some columns, without reading them: the length of a value is stored at the beginning of its row. */
export function bytesSql(columns: readonly string[]): string {
  return columns.map((column) => `coalesce(octet_length(${column}), 0)`).join(' + ');
}

/** SQL condition: one of the columns is too large to be read. */
export function isTooLargeSql(columns: readonly string[]): string {
  return `(${columns.map((column) => `coalesce(octet_length(${column}), 0) > ${MOST_BYTES}`).join(' OR ')})`;
}

/** SQL expressions: the searched columns of a message; nothing is found in those that are too large. */
export const SEARCHED_COLUMNS = `${readableSql('m.content')} AS content, m.tool_name, ${readableSql('m.tool_calls')} AS tool_calls`;
