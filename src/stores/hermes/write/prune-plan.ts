import { delegatesOf } from '../../../sessions/lineage/delegates.js';
import { PrunePlanning, type DelegateSource } from '../../../sessions/prune-rules.js';
import type { RowCriteria } from '../../../sessions/prune-criteria.js';
import type { PlannedConversation, PrunePlan, PruneSelection } from '../../../sessions/session-prune.js';
import { countOf, withinFolder } from '../file/values.js';
import type { SessionFact } from '../index/session-fact.js';
import type { IndexView } from '../index/session-index.js';
import type { ListEntry, SessionTable } from '../index/session-table.js';

/** Selects conversations at one moment of the file; the index must be equal to all of its rows. */
export function planPrune(view: IndexView, selection: PruneSelection, profile: string): PrunePlan {
  const { table } = view;
  const planning = new PrunePlanning(selection);
  const source = delegatesIn(table);
  const conversations: PlannedConversation[] = [];
  const { lastActiveBefore = Infinity, criteria } = selection;
  const rows = criteria?.row === undefined ? undefined : rowsHolding(view, criteria.row);
  for (const entry of table.conversations.byActivity.all) {
    if (entry.lastActiveAt >= lastActiveBefore) break;
    if (!isSelected(table, entry, selection)) continue;
    const all = membersOf(entry);
    if (rows !== undefined && !all.every((member) => rows.has(member.rowid))) continue;
    const [tip, root] = [entry.session.fact, entry.origin.fact];
    const going = planning.take({ tip, root, members: all }, source);
    if (going === undefined) continue;
    const { counted: _counted, ...planned } = going;
    conversations.push({ id: tip.id, profile, origin: null, ...planned });
  }
  const messages = conversations.reduce((sum, conversation) => sum + conversation.messages, 0);
  return { conversations, messages, estimatedBytes: estimateBytes(view, messages), unavailableProfiles: [] };
}

/** The rows, by their rowids, of which all criteria hold; none where the version has no such column. */
function rowsHolding({ reader, layout }: IndexView, criteria: RowCriteria): ReadonlySet<number> {
  const conditions = rowConditions(criteria);
  if (conditions.some(({ column }) => !layout.sessionColumns.has(column))) return new Set();
  const sql = conditions.map((condition) => condition.sql).join(' AND ');
  const rows = reader.all(
    `SELECT rowid AS session_rowid FROM sessions WHERE ${sql}`,
    ...conditions.flatMap(({ parameters }) => parameters),
  );
  return new Set(rows.map((row) => countOf(row.session_rowid)));
}

interface RowCondition {
  readonly column: string;
  readonly sql: string;
  readonly parameters: readonly string[];
}

function rowConditions(criteria: RowCriteria): readonly RowCondition[] {
  const { folder, provider, chatId, chatType, branch } = criteria;
  const equal = (column: string, text: string | undefined): readonly RowCondition[] =>
    text === undefined ? [] : [{ column, sql: `${column} = ?`, parameters: [text] }];
  return [
    ...(folder === undefined ? [] : [{ column: 'cwd', ...withinFolder(folder) }]),
    ...(provider === undefined
      ? []
      : [{ column: 'billing_provider', sql: 'lower(billing_provider) = lower(?)', parameters: [provider] }]),
    ...equal('chat_id', chatId),
    ...equal('chat_type', chatType),
    ...(branch === undefined
      ? []
      : [{ column: 'git_branch', sql: 'instr(lower(git_branch), lower(?)) > 0', parameters: [branch] }]),
  ];
}

function delegatesIn(table: SessionTable): DelegateSource<SessionFact> {
  return {
    delegatesOf: (ids) => delegatesOf(table, ids),
    conversationOf: ({ id }) => {
      const { members = [], entry } = table.byId(id)?.chain ?? {};
      return { members: members.map(({ fact }) => fact), isListed: entry !== undefined };
    },
  };
}

/** Whether the criteria that concern a conversation as a whole hold. */
function isSelected({ texts }: SessionTable, entry: ListEntry, selection: PruneSelection): boolean {
  const { platforms, maxMessages, archived, titled } = selection;
  if (platforms !== undefined && !platforms.some((platform) => texts.known(platform) === entry.platform))
    return false;
  if (maxMessages !== undefined && messagesOf(entry) > maxMessages) return false;
  if (archived !== undefined && entry.archived !== archived) return false;
  const title = entry.session.fact.title ?? entry.origin.fact.title;
  return titled === undefined || (title !== null) === titled;
}

function membersOf({ session }: ListEntry): readonly SessionFact[] {
  return session.chain.members.map(({ fact }) => fact);
}

function messagesOf(entry: ListEntry): number {
  return membersOf(entry).reduce((sum, { storedMessages }) => sum + storedMessages, 0);
}

function estimateBytes({ reader, table }: IndexView, messages: number): number {
  if (messages === 0) return 0;
  const size = countOf(reader.value('PRAGMA page_count')) * countOf(reader.value('PRAGMA page_size'));
  return Math.round((size * messages) / Math.max(messages, table.storedMessages));
}
