import { formatInstant } from '../../../http/instant.js';
import type { SessionUsageResponse } from '../../../sessions/dto/session-detail.response.js';
import type { SessionResponse } from '../../../sessions/dto/session.response.js';
import type { OpenHistory } from '../file/hermes-connection.js';
import type { Layout } from '../file/layout.js';
import type { Row } from '../file/sqlite-reader.js';
import { countOf, flagOf, instantOf, numberOf, requiredText, textOf } from '../file/values.js';
import type { SessionDigest } from '../index/session-digests.js';
import { sessionColumn, USAGE_COLUMNS } from '../lineage/session-columns.js';

const ROW_COLUMNS = [
  'id',
  'source',
  'user_id',
  'model',
  'title',
  'parent_session_id',
  'started_at',
  'ended_at',
  'end_reason',
  'message_count',
  'tool_call_count',
  'archived',
  'pinned',
] as const;

type RowSource = Pick<OpenHistory, 'reader' | 'layout'>;

/** Building a query costs more than running it, and it is the same for every row of a file. */
const ROW_QUERIES = new WeakMap<Layout, Map<string, string>>();

/** Session rows by rowid with what a list shows of them, read from the file itself, so that every field is as fresh as the file. */
export function readListedRows(history: RowSource, rowids: readonly number[]): ReadonlyMap<number, Row> {
  if (rowids.length === 0) return new Map();
  const rows = history.reader.all(rowQuery(history, ROW_COLUMNS, rowids.length), ...rowids);
  return new Map(rows.map((row) => [countOf(row.session_rowid), row]));
}

/** A session row with its usage. */
export function readDetailedRow(history: RowSource, rowid: number): Row | undefined {
  return history.reader.get(rowQuery(history, [...ROW_COLUMNS, ...USAGE_COLUMNS], 1), rowid);
}

function rowQuery({ reader, layout }: RowSource, columns: readonly string[], count: number): string {
  const queries = ROW_QUERIES.get(layout) ?? new Map<string, string>();
  ROW_QUERIES.set(layout, queries);
  const key = `${columns.length} ${count}`;
  const known = queries.get(key);
  if (known !== undefined) return known;
  const [sql] = reader
    .query()
    .select([
      's.rowid AS session_rowid',
      ...columns.map((column) => `${sessionColumn(layout, column)} AS ${column}`),
    ])
    .from('sessions', 's')
    // TypeORM writes numbers into the text of a query; in place of texts it leaves marks.
    .where('s.rowid IN (:...rowids)', { rowids: Array.from({ length: count }, () => '') })
    .getQueryAndParameters();
  queries.set(key, sql);
  return sql;
}

/** What stands in no session row: the index knows it, or the messages do. */
export interface SessionFacts {
  readonly profile: string;
  /** The session that it came from, where whoever asks may know of it. */
  readonly parentId: string | null;
  readonly lastActiveAt: number | null;
  readonly rootId: string;
  readonly chainLength: number;
  readonly digest: SessionDigest;
}

/**
 * The wire form of a conversation. Identity and activity come from the chain's tip, origin and flags from
 * its root; both are the same row where there is no chain.
 */
export function toSession(tip: Row, root: Row, facts: SessionFacts): SessionResponse {
  const id = requiredText(tip, 'id');
  return {
    id,
    object: 'hermes.session',
    platform: requiredText(root, 'source'),
    title: textOf(tip.title),
    model: textOf(tip.model),
    started_at: formatInstant(instantOf(root.started_at)),
    last_active_at: formatInstant(facts.lastActiveAt),
    ended_at: formatInstant(instantOf(tip.ended_at)),
    turn_count: facts.digest.turnCount,
    parent_session_id: facts.parentId,
    root_session_id: facts.rootId,
    message_count: countOf(tip.message_count),
    tool_call_count: countOf(tip.tool_call_count),
    preview: facts.digest.preview,
    user_id: textOf(root.user_id),
    end_reason: textOf(tip.end_reason),
    archived: flagOf(root.archived),
    pinned: flagOf(root.pinned),
    chain_length: facts.chainLength,
    profile: facts.profile,
    origin: null,
  };
}

/** Tokens and cost of a row. */
export function toUsage(row: Row): SessionUsageResponse {
  return {
    input_tokens: numberOf(row.input_tokens),
    output_tokens: numberOf(row.output_tokens),
    cache_read_tokens: numberOf(row.cache_read_tokens),
    cache_write_tokens: numberOf(row.cache_write_tokens),
    reasoning_tokens: numberOf(row.reasoning_tokens),
    estimated_cost_usd: numberOf(row.estimated_cost_usd),
    actual_cost_usd: numberOf(row.actual_cost_usd),
  };
}
