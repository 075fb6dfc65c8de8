import { USAGE_COLUMNS, type SessionRecord } from '../../../domain/session.js';
import type { LineageNode } from '../../../sessions/lineage/lineage.js';
import type { Layout } from '../file/layout.js';
import type { Row } from '../file/sqlite-reader.js';
import { countOf, flagOf, instantSql, LATEST_INSTANT, numberOf, textOf } from '../file/values.js';
import type { SessionDigest } from '../index/session-digests.js';
import { MARKERS_SQL } from './markers.js';

/** A column of `sessions`, or NULL if this version lacks it. */
export function sessionColumn(layout: Layout, column: string): string {
  return layout.sessionColumns.has(column) ? `s.${column}` : 'NULL';
}

/** A flag of `sessions` as 0 or 1; 0 if this version lacks the column. */
export function sessionFlag(layout: Layout, column: string): string {
  return layout.sessionColumns.has(column) ? `(coalesce(s.${column}, 0) <> 0)` : '0';
}

/** Columns of `sessions` whose values {@link toldOf} takes. */
export const TOLD_COLUMNS = [
  'title',
  'model',
  'message_count',
  'tool_call_count',
  'api_call_count',
  ...Object.values(USAGE_COLUMNS),
] as const;

/** Whether a session has values that are too large, and not meant, to be shown with it. */
export const POSSESSION_COLUMNS = ['has_system_prompt', 'has_model_config'] as const;

/**
 * SQL for one of {@link POSSESSION_COLUMNS} as 0 or 1. The prompt is in the row, or in a table of its own. The marker that this server gives to a fork
 * is no configuration, also once its parent is gone: Hermes's API server reports none for its forks. Hermes itself writes a space behind the colon.
 */
export function possessionSql(layout: Layout, column: (typeof POSSESSION_COLUMNS)[number]): string {
  if (column === 'has_model_config')
    return `(coalesce(s.model_config, '') <> '' AND NOT (s.model_config GLOB '{"_branched_from":"*"}' AND instr(s.model_config, ',') = 0))`;
  return `(coalesce(s.system_prompt, ${sessionColumn(layout, 'system_prompt_hash')}, '') <> '')`;
}

/** What a row of these columns says about a session, apart from its lineage and its messages. */
export function toldOf(row: Row): Omit<SessionRecord, keyof LineageNode | keyof SessionDigest> {
  return {
    title: textOf(row.title),
    model: textOf(row.model),
    messageCount: countOf(row.message_count),
    toolCallCount: countOf(row.tool_call_count),
    apiCallCount: countOf(row.api_call_count),
    hasSystemPrompt: flagOf(row.has_system_prompt),
    hasModelConfig: flagOf(row.has_model_config),
    inputTokens: numberOf(row.input_tokens),
    outputTokens: numberOf(row.output_tokens),
    cacheReadTokens: numberOf(row.cache_read_tokens),
    cacheWriteTokens: numberOf(row.cache_write_tokens),
    reasoningTokens: numberOf(row.reasoning_tokens),
    estimatedCost: numberOf(row.estimated_cost_usd),
    actualCost: numberOf(row.actual_cost_usd),
  };
}

/** Columns of `sessions s` for the rules of lineage: pairs of name and SQL expression. */
export function lineageColumns(layout: Layout): readonly (readonly [name: string, expression: string])[] {
  return [
    ['id', 's.id'],
    ['parent_session_id', 's.parent_session_id'],
    ['platform', 's.source'],
    ['user_id', 's.user_id'],
    ['started_at', instantSql('s.started_at')],
    ['ended_at', instantSql('s.ended_at')],
    ['end_reason', 's.end_reason'],
    ['session_key', sessionColumn(layout, 'session_key')],
    ['markers', MARKERS_SQL],
    ['hidden', sessionFlag(layout, 'hidden')],
    ['archived', sessionFlag(layout, 'archived')],
    ['pinned', sessionFlag(layout, 'pinned')],
    ['heartbeat_at', instantSql(sessionColumn(layout, 'last_activity_at'))],
    ['newest_message_at', newestMessageSql('s.id')],
  ];
}

/** SQL for the time of a session's newest message, including rewound ones; NULL if it has none. */
function newestMessageSql(sessionId: string): string {
  // Written with ORDER BY, so that the index on (session_id, timestamp) answers it in one step.
  return `(SELECT m.timestamp FROM messages m WHERE m.session_id = ${sessionId}
    AND m.timestamp >= 0 AND m.timestamp <= ${LATEST_INSTANT} ORDER BY m.timestamp DESC LIMIT 1)`;
}
