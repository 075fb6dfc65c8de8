import type { Conversation } from '../../../sessions/lineage/lineage.js';
import { conversationFacts } from '../../read-model/conversation-facts.js';
import type { SqlValue } from '../file/sqlite-reader.js';
import type { KnownSession } from './known-sessions.js';
import { CONVERSATION_COLUMNS } from './tables.js';

type Column = keyof typeof CONVERSATION_COLUMNS;

const COLUMNS = Object.keys(CONVERSATION_COLUMNS) as readonly Column[];

/** Adds a conversation to the index, or replaces the row that it has. */
export const LIST_CONVERSATION = `INSERT INTO known_conversations (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})
  ON CONFLICT (root_number) DO UPDATE SET ${COLUMNS.filter((column) => column !== 'root_number')
    .map((column) => `${column} = excluded.${column}`)
    .join(', ')}`;

/** The values of a conversation for {@link LIST_CONVERSATION}. */
export function listedValues(conversation: Conversation<KnownSession>): readonly SqlValue[] {
  const row = rowOf(conversation);
  return COLUMNS.map((column) => row[column]);
}

function rowOf(conversation: Conversation<KnownSession>): Readonly<Record<Column, SqlValue>> {
  const { root, tip } = conversation;
  const facts = conversationFacts(conversation);
  const others = facts.platforms.filter((platform) => platform !== facts.platform);
  return {
    root_number: root.number,
    tip_number: tip.number,
    tip_id: tip.id,
    started_order: facts.startedOrder,
    active_order: facts.activeOrder,
    platform: facts.platform,
    user_id: facts.userId,
    archived: Number(facts.archived),
    model: facts.model,
    is_ended: Number(facts.isEnded),
    is_titled: Number(facts.isTitled),
    is_pinned: Number(facts.isPinned),
    pinned: Number(root.pinned),
    messages: facts.messages,
    chain_length: facts.chainLength,
    owner_id: facts.ownerId,
    other_platforms: others.length === 0 ? null : JSON.stringify(others),
  };
}
