import { PRIOR_END, SUMMARY_BEGINNINGS, SUMMARY_END } from '../../../sessions/transcript/own-words.js';
import type { Layout } from '../file/layout.js';
import { isTooLargeSql, readableSql } from '../file/readable-size.js';
import type { TextCopies } from './text-copies.js';

/** A column of `messages`, or NULL if this version lacks it. */
export function messageColumn(layout: Layout, column: string, alias = 'm'): string {
  return layout.messageColumns.has(column) ? `${alias}.${column}` : 'NULL';
}

/** SQL condition: a text of a message is too large to be read. SQLite knows the length of a plain column without reading it. */
export function hasUnreadableTextSql(layout: Layout): string {
  return isTooLargeSql([
    'm.content',
    'm.tool_calls',
    'm.reasoning',
    messageColumn(layout, 'reasoning_content'),
  ]);
}

/** SQL condition: the message is in use, not rewound and not replaced by compaction. */
export function isActiveSql(layout: Layout, alias = 'm'): string {
  return layout.messageColumns.has('active') ? `coalesce(${alias}.active, 1) <> 0` : '1';
}

/** SQL condition: the message was not rewound; messages that compaction replaced stay for display. */
export function isKeptSql(layout: Layout, alias = 'm'): string {
  return layout.messageColumns.has('compacted')
    ? `(${isActiveSql(layout, alias)} OR coalesce(${alias}.compacted, 0) <> 0)`
    : isActiveSql(layout, alias);
}

/** SQL condition: the message is part of its session's transcript, where scaffolding for the model is not. */
export function isInTranscriptSql(layout: Layout, alias = 'm'): string {
  return `${isKeptSql(layout, alias)} AND ${isDisplayedSql(layout, alias)}`;
}

/** SQL condition: the message is not scaffolding that only the model sees. */
export function isDisplayedSql(layout: Layout, alias = 'm'): string {
  if (!layout.messageColumns.has('display_kind')) return '1';
  return `${alias}.display_kind IS NOT 'hidden' AND ${isOfHistorySql(layout, alias)}`;
}

/**
 * SQL condition: the message is one of the conversation. Where Hermes removed messages from the model's view, it merges their neighbours for the
 * model only, and marks the merged message; the original messages stay.
 */
export function isOfHistorySql(layout: Layout, alias = 'm'): string {
  if (!layout.messageColumns.has('display_metadata')) return '1';
  const metadata = readableSql(`${alias}.display_metadata`);
  // Like Hermes, takes invalid JSON for no mark.
  const mark = `CASE WHEN typeof(${alias}.display_metadata) = 'text' AND json_valid(${metadata})
    THEN json_extract(${alias}.display_metadata, '$.model_only') END`;
  return `(${alias}.display_metadata IS NULL OR coalesce(${mark}, 0) = 0)`;
}

/** Whether a layout has messages that are not displayed. */
export function mayHideMessages(layout: Layout): boolean {
  return isDisplayedSql(layout) !== '1';
}

/**
 * SQL condition: `m` is the row to show of its logical message. In-place compaction can leave the same message twice. The active row is shown, or the
 * newest if none is active; for a tool, the complete output.
 */
export function isShownOnceSql(layout: Layout, copies: TextCopies): string {
  if (!layout.messageColumns.has('compacted')) return '1';
  if (!layout.uidIsIndexed) return copies.isShown;
  return `${copies.isShown} AND NOT EXISTS (SELECT 1 FROM messages d WHERE ${IS_SAME_UID} AND ${isInTranscriptSql(layout, 'd')}
    AND ${isRatherShownSql(layout)})`;
}

/**
 * SQL condition: of two rows of one message, `d` is preferred to `m`. Hermes shortens tool output for its model only, and shows people the original.
 * This is a total order of all rows, so one row per message remains, however its copies are recognized.
 */
export function isRatherShownSql(layout: Layout): string {
  const rank = (alias: string): string =>
    `(CASE ${alias}.role WHEN 'tool' THEN coalesce(octet_length(${alias}.content), 0) ELSE 0 END, ${isActiveSql(layout, alias)}, ${alias}.id)`;
  return `${rank('d')} > ${rank('m')}`;
}

/** SQL condition: `m` was not rewound, and is the row to show of its logical message or scaffolding that only the model sees. */
export function isKeptOnceSql(layout: Layout, copies: TextCopies): string {
  return `${isKeptSql(layout)} AND ${isOfHistorySql(layout)} AND (NOT (${isDisplayedSql(layout)}) OR ${isShownOnceSql(layout, copies)})`;
}

/** SQL condition: `d` and `m` are rows of the same message by the id of newer versions, even if its text changed. */
export const IS_SAME_UID = `d.session_id = m.session_id AND d.message_uid = m.message_uid AND m.message_uid <> ''`;

/** SQL condition: `m` is shown in its session's transcript. @param includeInactive whether rewound or replaced messages are shown too. */
export function isShownSql(layout: Layout, includeInactive: boolean, copies: TextCopies): string {
  return includeInactive
    ? isDisplayedSql(layout)
    : `${isInTranscriptSql(layout)} AND ${isShownOnceSql(layout, copies)}`;
}

/**
 * Most bytes of a message that is only a summary: a model wrote it, in some ten thousand words. Pictures from users are longer, and need not be read
 * to exclude them.
 */
const LONGEST_SUMMARY = 131_072;

/**
 * SQL condition: the message is only a summary of messages that a compaction removed. Follows `ownWords` for plain texts, without reading each into
 * memory here.
 */
export function isSummarySql(): string {
  const begins = SUMMARY_BEGINNINGS.map(
    (beginning) => `substr(m.content, 1, ${Array.from(beginning).length}) = '${beginning}'`,
  ).join(' OR ');
  const holdsMore = `rtrim(substr(m.content, instr(m.content, '${SUMMARY_END}') + ${Array.from(SUMMARY_END).length}), char(10, 13, 32)) <> ''`;
  const isCarrier = `(instr(m.content, '${PRIOR_END}') > 0 OR instr(m.content, '${SUMMARY_END}') > 0 AND ${holdsMore})`;
  return `CASE WHEN octet_length(m.content) <= ${LONGEST_SUMMARY} THEN (coalesce(${begins}, 0) AND NOT ${isCarrier}) ELSE 0 END`;
}
