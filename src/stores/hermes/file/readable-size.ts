/**
 * Bytes of a value that are read at most. The driver reads none that would make a longer string than JavaScript has, some 512 MiB, and ends
 * the whole statement there; in JSON a text takes up to twice as much.
 */
const MOST_BYTES = 256 * 1024 * 1024;

/** SQL expression: a column, or NULL where it is too large to be read. The length of a value stands at the beginning of its row. */
export function readableSql(column: string): string {
  return `CASE WHEN octet_length(${column}) <= ${MOST_BYTES} THEN ${column} END`;
}

/** SQL expression: how many bytes of a column are read; NULL where it is too large. */
export function readableBytesSql(column: string): string {
  return `CASE WHEN octet_length(${column}) <= ${MOST_BYTES} THEN octet_length(${column}) END`;
}

/** SQL expression: how many bytes some columns have together. This reads none of them: the length of a value stands at the beginning of its row. */
export function bytesSql(columns: readonly string[]): string {
  return columns.map((column) => `coalesce(octet_length(${column}), 0)`).join(' + ');
}

/** SQL condition: one of some columns is too large to be read. */
export function isTooLargeSql(columns: readonly string[]): string {
  return `(${columns.map((column) => `coalesce(octet_length(${column}), 0) > ${MOST_BYTES}`).join(' OR ')})`;
}

/** SQL expressions: the columns of a message in which is searched; in what is too large nothing is found. */
export const SEARCHED_COLUMNS = `${readableSql('m.content')} AS content, m.tool_name, ${readableSql('m.tool_calls')} AS tool_calls`;
