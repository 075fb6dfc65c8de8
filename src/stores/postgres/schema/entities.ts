import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { LineageNode } from '../../../sessions/lineage/lineage.js';

/** One `state.db` of one host. Everything else belongs to one of these. Its other columns are read by statements of their own. */
@Entity('histories')
export class HistoryEntity {
  @PrimaryColumn('integer', { generated: 'identity' })
  id!: number;

  /** The host, as its shipper names it. */
  @Column('text')
  origin!: string;

  @Column('text')
  profile!: string;

  @Column('boolean', { name: 'is_default' })
  isDefault!: boolean;

  @Column('integer', { name: 'schema_version', nullable: true })
  schemaVersion!: number | null;

  /** What the file at the origin can remember, and whether sessions can be deleted there. */
  @Column('boolean', { name: 'can_archive' })
  canArchive!: boolean;

  @Column('boolean', { name: 'can_pin' })
  canPin!: boolean;

  @Column('boolean', { name: 'can_delete' })
  canDelete!: boolean;

  /** Whether the host makes any change that is asked for here. */
  @Column('boolean', { name: 'can_change' })
  canChange!: boolean;

  /** Whether everything that the file held when it was first met has arrived. */
  @Column('boolean', { name: 'is_loaded' })
  isLoaded!: boolean;

  @Column('bigint', { name: 'file_bytes' })
  fileBytes!: number;

  /** The shipper that sends this history, the only one that may; null where none does. */
  @Column('text', { name: 'shipper_id', nullable: true })
  shipperId!: string | null;

  /** Its host and process, for people. */
  @Column('text', { name: 'shipper_name', nullable: true })
  shipperName!: string | null;

  /** Transactions in which something was taken in. A shipper that counts more than these knows that some were lost. */
  @Column('bigint', { name: 'sent_count' })
  sentCount!: number;
}

/**
 * A session row as its origin has it, with what follows from its messages and its relatives. Times are epoch seconds; null
 * where unknown.
 */
@Entity('sessions')
export class SessionEntity implements LineageNode {
  @PrimaryColumn('integer', { name: 'history_id' })
  historyId!: number;

  @PrimaryColumn('text')
  id!: string;

  /** Of the sessions of all histories; it stays the same. Searches know sessions by it. */
  @Column('bigint')
  number!: number;

  @Column('text', { name: 'platform' })
  source!: string;

  /** Whose it is: worked out from its chain when the row is written. */
  @Column('text', { name: 'user_id', nullable: true })
  userId!: string | null;

  /** The user that its origin's row names. */
  @Column('text', { name: 'named_user_id', nullable: true })
  namedUserId!: string | null;

  @Column('text', { nullable: true })
  model!: string | null;

  /** As it is shown: a change that waits for the origin is in it. */
  @Column('text', { nullable: true })
  title!: string | null;

  /** The title in one way of writing letters, which searches compare. */
  @Column('text', { name: 'folded_title', nullable: true })
  foldedTitle!: string | null;

  @Column('text', { name: 'parent_session_id', nullable: true })
  parentId!: string | null;

  @Column('double precision', { name: 'started_at', nullable: true })
  startedAt!: number | null;

  @Column('double precision', { name: 'ended_at', nullable: true })
  endedAt!: number | null;

  @Column('text', { name: 'end_reason', nullable: true })
  endReason!: string | null;

  @Column('text', { name: 'session_key', nullable: true })
  sessionKey!: string | null;

  @Column('boolean', { name: 'is_branch' })
  branched!: boolean;

  @Column('boolean', { name: 'is_reset' })
  reset!: boolean;

  @Column('boolean', { name: 'is_delegate' })
  delegate!: boolean;

  /** The session that a delegate worked for, as its marker names it. */
  @Column('text', { name: 'delegate_from', nullable: true })
  delegateFrom!: string | null;

  @Column('boolean', { name: 'is_hidden' })
  hidden!: boolean;

  @Column('boolean')
  archived!: boolean;

  @Column('boolean')
  pinned!: boolean;

  @Column('double precision', { name: 'last_active_at', nullable: true })
  lastActiveAt!: number | null;

  /** As Hermes counts them. */
  @Column('double precision', { name: 'message_count' })
  messageCount!: number;

  @Column('double precision', { name: 'tool_call_count' })
  toolCallCount!: number;

  @Column('double precision', { name: 'api_call_count' })
  apiCallCount!: number;

  @Column('boolean', { name: 'has_system_prompt' })
  hasSystemPrompt!: boolean;

  @Column('boolean', { name: 'has_model_config' })
  hasModelConfig!: boolean;

  @Column('double precision', { name: 'input_tokens', nullable: true })
  inputTokens!: number | null;

  @Column('double precision', { name: 'output_tokens', nullable: true })
  outputTokens!: number | null;

  @Column('double precision', { name: 'cache_read_tokens', nullable: true })
  cacheReadTokens!: number | null;

  @Column('double precision', { name: 'cache_write_tokens', nullable: true })
  cacheWriteTokens!: number | null;

  @Column('double precision', { name: 'reasoning_tokens', nullable: true })
  reasoningTokens!: number | null;

  @Column('double precision', { name: 'estimated_cost_usd', nullable: true })
  estimatedCost!: number | null;

  @Column('double precision', { name: 'actual_cost_usd', nullable: true })
  actualCost!: number | null;

  /** Message rows of any kind, and what their texts take. */
  @Column('bigint', { name: 'stored_messages' })
  storedMessages!: number;

  @Column('bigint', { name: 'stored_bytes' })
  storedBytes!: number;

  /** User messages that are part of the transcript, and the start of the first. */
  @Column('integer', { name: 'turn_count' })
  turnCount!: number;

  @Column('text')
  preview!: string;

  /** Differs whenever the origin's row or its messages do; empty while the messages have not all arrived. */
  @Column('text')
  fingerprint!: string;

  /** The first session of the compression chain, and how many sessions lead from there to its tip. */
  @Column('text', { name: 'root_id' })
  rootId!: string;

  /** The number of that session. */
  @Column('bigint', { name: 'root_number' })
  rootNumber!: number;

  @Column('integer', { name: 'chain_length' })
  chainLength!: number;

  /** Whether it stands for its conversation in the list. */
  @Column('boolean', { name: 'is_entry' })
  isEntry!: boolean;
}

/** An entry of the list: a compression chain that is listed, by its first session. Times are epoch seconds, -1 where unknown. */
@Entity('conversations')
export class ConversationEntity {
  @PrimaryColumn('integer', { name: 'history_id' })
  historyId!: number;

  @PrimaryColumn('text', { name: 'root_id' })
  rootId!: string;

  /** The number of that session. */
  @Column('bigint')
  number!: number;

  /** The session to resume. */
  @Column('text', { name: 'tip_id' })
  tipId!: string;

  @Column('double precision', { name: 'started_order' })
  startedOrder!: number;

  @Column('double precision', { name: 'active_order' })
  activeOrder!: number;

  /** The root's. */
  @Column('text')
  platform!: string;

  @Column('text', { name: 'user_id', nullable: true })
  userId!: string | null;

  @Column('boolean')
  archived!: boolean;

  /** The tip's. */
  @Column('text', { nullable: true })
  model!: string | null;

  @Column('boolean', { name: 'is_ended' })
  isEnded!: boolean;

  @Column('boolean', { name: 'is_titled' })
  isTitled!: boolean;

  /** Of all its sessions, also those that a race left beside the chain. */
  @Column('boolean', { name: 'is_pinned' })
  isPinned!: boolean;

  @Column('bigint')
  messages!: number;

  @Column('bigint')
  bytes!: number;

  @Column('integer', { name: 'chain_length' })
  chainLength!: number;

  /** The user of all its sessions; null where they have several, or one has none. */
  @Column('text', { name: 'owner_id', nullable: true })
  ownerId!: string | null;

  /** The platforms of all its sessions. */
  @Column('text', { array: true })
  platforms!: string[];
}

/** A message, as its origin has it. */
@Entity('messages')
export class MessageEntity {
  @PrimaryColumn('integer', { name: 'history_id' })
  historyId!: number;

  @PrimaryColumn('text', { name: 'session_id' })
  sessionId!: string;

  @PrimaryColumn('bigint')
  id!: number;

  @Column('smallint')
  state!: number;

  @Column('text')
  role!: string;

  @Column('text', { nullable: true })
  content!: string | null;

  @Column('text', { name: 'tool_call_id', nullable: true })
  toolCallId!: string | null;

  @Column('text', { name: 'tool_calls', nullable: true })
  toolCalls!: string | null;

  @Column('text', { name: 'tool_name', nullable: true })
  toolName!: string | null;

  @Column('text', { nullable: true })
  reasoning!: string | null;

  @Column('text', { name: 'finish_reason', nullable: true })
  finishReason!: string | null;

  @Column('double precision', { name: 'token_count', nullable: true })
  tokenCount!: number | null;

  @Column('double precision', { nullable: true })
  timestamp!: number | null;

  /** What its texts take in UTF-8. */
  @Column('integer')
  bytes!: number;

  /** Where it stands in its transcript, where that is not by its own id: a compaction in place has copied it. */
  @Column('bigint', { nullable: true })
  place!: number | null;
}

/** A change that was made here and has to be made at the origin. */
@Entity('commands')
export class CommandEntity {
  @PrimaryColumn('bigint', { generated: 'identity' })
  id!: number;

  @Column('integer', { name: 'history_id' })
  historyId!: number;

  @Column('text', { name: 'session_id' })
  sessionId!: string;

  @Column('text')
  kind!: 'update' | 'delete';

  /** What an update sets; of a deletion the conditions. */
  @Column('jsonb')
  changes!: {
    readonly title?: string | null;
    readonly archived?: boolean;
    readonly pinned?: boolean;
    readonly endReason?: string;
    readonly endedAt?: number;
    /** Titles of before that the origin may have by changes that were made here. */
    readonly replaced?: readonly (string | null)[];
    /** `DeletionConditions` of all that is deleted together, at the first of it; JSON as a text, since this type takes no NUL. */
    readonly conditions?: string;
  };

  /** The origin's title when it was changed here: another one by then means that somebody changed it there. */
  @Column('text', { name: 'base_title', nullable: true })
  baseTitle!: string | null;

  /** The sessions whose flags are shown as set meanwhile, or that went with a deletion; and those that gave up their title. */
  @Column('text', { array: true })
  flagged!: string[];

  @Column('text', { array: true })
  untitled!: string[];

  /** Whether a lease that an agent holds is no hindrance. */
  @Column('boolean')
  force!: boolean;

  @Column('text')
  state!: 'pending' | 'applied' | 'superseded' | 'refused';

  /** Why it was refused: a code of the API. */
  @Column('text', { nullable: true })
  reason!: string | null;
}

export const ENTITIES = [HistoryEntity, SessionEntity, ConversationEntity, MessageEntity, CommandEntity];
