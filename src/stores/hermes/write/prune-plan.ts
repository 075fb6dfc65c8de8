import { ApiError } from '../../../http/errors.js';
import type { PlannedConversation, PrunePlan, PruneSelection } from '../../../sessions/session-prune.js';
import { isLimited, mayKnow } from '../../../sessions/session-access.js';
import { countOf } from '../file/values.js';
import type { IndexView } from '../index/session-index.js';
import type { IndexedSession, ListEntry } from '../index/session-table.js';
import type { LineageSource } from '../../../sessions/lineage/lineage.js';

/** Selects conversations at one moment of the file; the index must be equal to all of its rows. */
export function planPrune(view: IndexView, selection: PruneSelection, profile: string): PrunePlan {
  const conversations = view.table.conversations.byActivity.all
    .filter((entry) => isSelected(view, entry, selection))
    .map((entry) => toPlanned(entry, profile));
  const messages = conversations.reduce((sum, conversation) => sum + conversation.messages, 0);
  return { conversations, messages, estimatedBytes: estimateBytes(view, messages), unavailableProfiles: [] };
}

/**
 * Makes sure that nothing happened to a conversation since it was planned: an agent may have resumed it.
 * @throws {ApiError} `plan_changed`
 */
export function requireUnchanged(source: LineageSource, members: PlannedConversation['members']): void {
  for (const { id, lastActiveAt } of members) {
    if (source.node(id)?.lastActiveAt !== lastActiveAt) throw new ApiError('plan_changed');
  }
}

function isSelected({ table }: IndexView, entry: ListEntry, selection: PruneSelection): boolean {
  const { platforms, lastActiveBefore, maxMessages } = selection;
  const { fact, chain } = entry.session;
  if (isLimited(selection.access) && !chain.members.every((member) => mayKnow(selection.access, member.fact)))
    return false;
  if (!selection.includeOpen && fact.endedAt === null) return false;
  if (!selection.includePinned && chain.members.some((member) => member.fact.pinned)) return false;
  if (
    platforms !== undefined &&
    !platforms.some((platform) => table.texts.known(platform) === entry.platform)
  )
    return false;
  // A damaged row may have no time at all, which is not long ago.
  const lastActiveAt = entry.lastActiveAt < 0 ? Infinity : entry.lastActiveAt;
  if (lastActiveBefore !== undefined && lastActiveAt >= lastActiveBefore) return false;
  if (maxMessages !== undefined && messagesOf(entry) > maxMessages) return false;
  if (selection.archived !== undefined && entry.archived !== selection.archived) return false;
  return selection.titled === undefined || (fact.title !== null) === selection.titled;
}

function toPlanned(entry: ListEntry, profile: string): PlannedConversation {
  return {
    id: entry.session.fact.id,
    profile,
    origin: null,
    members: entry.session.chain.members.map(({ fact }) => ({
      id: fact.id,
      lastActiveAt: fact.lastActiveAt,
    })),
    messages: messagesOf(entry),
  };
}

function messagesOf(entry: ListEntry): number {
  const members: readonly IndexedSession[] = entry.session.chain.members;
  return members.reduce((sum, { fact }) => sum + fact.storedMessages, 0);
}

function estimateBytes({ reader, table }: IndexView, messages: number): number {
  if (messages === 0) return 0;
  const size = countOf(reader.value('PRAGMA page_count')) * countOf(reader.value('PRAGMA page_size'));
  return Math.round((size * messages) / Math.max(messages, table.storedMessages));
}
