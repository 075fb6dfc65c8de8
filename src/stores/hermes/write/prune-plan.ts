import { delegatesOf } from '../../../sessions/lineage/delegates.js';
import { PrunePlanning } from '../../../sessions/prune-rules.js';
import type { PlannedConversation, PrunePlan, PruneSelection } from '../../../sessions/session-prune.js';
import { countOf } from '../file/values.js';
import type { SessionFact } from '../index/session-fact.js';
import type { IndexView } from '../index/session-index.js';
import type { ListEntry, SessionTable } from '../index/session-table.js';

/** Selects conversations at one moment of the file; the index must be equal to all of its rows. */
export function planPrune(view: IndexView, selection: PruneSelection, profile: string): PrunePlan {
  const { table } = view;
  const planning = new PrunePlanning(selection);
  const conversations = table.conversations.byActivity.all.flatMap((entry): PlannedConversation[] => {
    if (!isSelected(table, entry, selection)) return [];
    const members = membersOf(entry);
    const ids = members.map(({ id }) => id);
    const delegates = selection.action === 'delete' ? delegatesOf(table, ids) : [];
    const going = planning.take(members, delegates);
    if (going === undefined) return [];
    const { first: _first, ...planned } = going;
    return [{ id: entry.session.fact.id, profile, origin: null, ...planned }];
  });
  const messages = conversations.reduce((sum, conversation) => sum + conversation.messages, 0);
  return { conversations, messages, estimatedBytes: estimateBytes(view, messages), unavailableProfiles: [] };
}

/** Whether the criteria that concern a conversation as a whole hold. */
function isSelected({ texts }: SessionTable, entry: ListEntry, selection: PruneSelection): boolean {
  const { platforms, maxMessages, archived, titled } = selection;
  if (platforms !== undefined && !platforms.some((platform) => texts.known(platform) === entry.platform))
    return false;
  if (maxMessages !== undefined && messagesOf(entry) > maxMessages) return false;
  if (archived !== undefined && entry.archived !== archived) return false;
  return titled === undefined || (entry.session.fact.title !== null) === titled;
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
