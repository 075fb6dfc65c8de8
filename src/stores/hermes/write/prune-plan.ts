import { delegatesOf } from '../../../sessions/lineage/delegates.js';
import { PrunePlanning, type DelegateSource } from '../../../sessions/prune-rules.js';
import type { PlannedConversation, PrunePlan, PruneSelection } from '../../../sessions/session-prune.js';
import { countOf } from '../file/values.js';
import type { SessionFact } from '../index/session-fact.js';
import type { IndexView } from '../index/session-index.js';
import type { ListEntry, SessionTable } from '../index/session-table.js';

/** Selects conversations at one moment of the file; the index must be equal to all of its rows. */
export function planPrune(view: IndexView, selection: PruneSelection, profile: string): PrunePlan {
  const { table } = view;
  const planning = new PrunePlanning(selection);
  const source = delegatesIn(table);
  const conversations: PlannedConversation[] = [];
  const { lastActiveBefore = Infinity } = selection;
  for (const entry of table.conversations.byActivity.all) {
    if (entry.lastActiveAt >= lastActiveBefore) break;
    if (!isSelected(table, entry, selection)) continue;
    const going = planning.take(membersOf(entry), source);
    if (going === undefined) continue;
    const { members, delegates, messages } = going;
    const { id } = entry.session.fact;
    conversations.push({ id, profile, origin: null, members, delegates, messages });
  }
  const messages = conversations.reduce((sum, conversation) => sum + conversation.messages, 0);
  return { conversations, messages, estimatedBytes: estimateBytes(view, messages), unavailableProfiles: [] };
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
