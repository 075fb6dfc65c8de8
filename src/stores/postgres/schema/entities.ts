import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { LineageNode } from '../../../sessions/lineage/lineage.js';

/** One `state.db` of one host. All other rows belong to a history. Columns that are not mapped here are used in raw SQL. */
@Entity('histories')
export class HistoryEntity {
  @PrimaryColumn('integer', { generated: 'identity' })
  id!: number;

  /** The host's name, as its shipper reports it. */
  @Column('text')
  origin!: string;

  @Column('text')
  profile!: string;

  @Column('boolean', { name: 'is_default' })
  isDefault!: boolean;

  @Column('integer', { name: 'schema_version', nullable: true })
  schemaVersion!: number | null;

  /** Whether the origin's file supports archiving, pinning and deleting. */
  @Column('boolean', { name: 'can_archive' })
  canArchive!: boolean;

  @Column('boolean', { name: 'can_pin' })
  canPin!: boolean;

  @Column('boolean', { name: 'can_delete' })
  canDelete!: boolean;

  /** Whether the host executes changes that are made here. */
  @Column('boolean', { name: 'can_change' })
  canChange!: boolean;

  /** Whether everything that the file held at first contact has arrived. */
  @Column('boolean', { name: 'is_loaded' })
  isLoaded!: boolean;

  @Column('bigint', { name: 'file_bytes' })
  fileBytes!: number;

  /** The shipper that holds the lease, the only one that may send this history; null if none does. */
  @Column('text', { name: 'shipper_id', nullable: true })
  shipperId!: string | null;

  /** The shipper's host and process, for people to read. */
  @Column('text', { name: 'shipper_name', nullable: true })
  shipperName!: string | null;

  /** Counts the transactions that took something in. A shipper with a different count knows that some were lost. */
  @Column('bigint', { name: 'sent_count' })
  sentCount!: number;
}

/** A session row as its origin has it, with columns derived from its messages and relatives. Times are epoch seconds; null if unknown. */
@Entity('sessions')
export class SessionEntity implements LineageNode {
  @PrimaryColumn('integer', { name: 'history_id' })
  historyId!: number;

  @PrimaryColumn('text')
  id!: string;

  /** Unique among the sessions of all histories, and constant. The word index refers to it. */
  @Column('bigint')
  number!: number;

  @Column('text', { name: 'platform' })
  source!: string;

  /** The owner, derived from the chain when the row is written. */
  @Column('text', { name: 'user_id', nullable: true })
  userId!: string | null;

  /** The user in the origin's row. */
  @Column('text', { name: 'named_user_id', nullable: true })
  namedUserId!: string | null;

  @Column('text', { nullable: true })
  model!: string | null;

  /** As shown here, including a change that is pending at the origin. */
  @Column('text', { nullable: true })
  title!: string | null;

  /** The title folded for searches. */
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

  /** The owner of a delegate, as its marker names it. */
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

  /** As counted by Hermes. */
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

  /** Number of message rows of any kind, and the size of their texts. */
  @Column('bigint', { name: 'stored_messages' })
  storedMessages!: number;

  @Column('bigint', { name: 'stored_bytes' })
  storedBytes!: number;

  /** Number of user messages in the transcript, and the beginning of the first. */
  @Column('integer', { name: 'turn_count' })
  turnCount!: number;

  @Column('text')
  preview!: string;

  /** Changes whenever the origin's row or its messages change; empty until all messages have arrived. */
  @Column('text')
  fingerprint!: string;

  /** The first session of the compression chain, and the number of sessions from there to the tip. */
  @Column('text', { name: 'root_id' })
  rootId!: string;

  /** The root's number. */
  @Column('bigint', { name: 'root_number' })
  rootNumber!: number;

  @Column('integer', { name: 'chain_length' })
  chainLength!: number;

  /** Whether it represents its conversation in the list. */
  @Column('boolean', { name: 'is_entry' })
  isEntry!: boolean;
}

/** A list entry: a listed compression chain, identified by its first session. Times are epoch seconds, -1 if unknown. */
@Entity('conversations')
export class ConversationEntity {
  @PrimaryColumn('integer', { name: 'history_id' })
  historyId!: number;

  @PrimaryColumn('text', { name: 'root_id' })
  rootId!: string;

  /** The root's number. */
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

  /** Whether any of its sessions is pinned, including those that a race left beside the chain. */
  @Column('boolean', { name: 'is_pinned' })
  isPinned!: boolean;

  @Column('bigint')
  messages!: number;

  @Column('bigint')
  bytes!: number;

  @Column('integer', { name: 'chain_length' })
  chainLength!: number;

  /** The common user of all its sessions; null if they differ or one has none. */
  @Column('text', { name: 'owner_id', nullable: true })
  ownerId!: string | null;

  /** The platforms of all its sessions. */
  @Column('text', { array: true })
  platforms!: string[];
}

/** A message as its origin has it. */
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

  /** The size of its texts in UTF-8. */
  @Column('integer')
  bytes!: number;

  /** Position in its transcript if it differs from its id, because a compaction in place has copied the message. */
  @Column('bigint', { nullable: true })
  place!: number | null;
}

/** A change that was made here and is to be executed at the origin. */
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

  /** The changes of an update, or the conditions of a deletion. */
  @Column('jsonb')
  changes!: {
    readonly title?: string | null;
    readonly archived?: boolean;
    readonly pinned?: boolean;
    readonly endReason?: string;
    readonly endedAt?: number;
    /** Earlier titles that the origin may have because of changes made here. */
    readonly replaced?: readonly (string | null)[];
    /** `DeletionConditions` of the whole deletion, stored with its first session; JSON in a string, because jsonb accepts no NUL. */
    readonly conditions?: string;
  };

  /** The origin's title when it was changed here. If the origin has another one at execution, somebody has renamed it there. */
  @Column('text', { name: 'base_title', nullable: true })
  baseTitle!: string | null;

  /** Sessions whose flags are set, or that were deleted; and sessions that gave up their title. */
  @Column('text', { array: true })
  flagged!: string[];

  @Column('text', { array: true })
  untitled!: string[];

  /** Whether to ignore an agent's lease. */
  @Column('boolean')
  force!: boolean;

  @Column('text')
  state!: 'pending' | 'applied' | 'superseded' | 'refused';

  /** Why it was refused: an error code of the API. */
  @Column('text', { nullable: true })
  reason!: string | null;
}

export const ENTITIES = [HistoryEntity, SessionEntity, ConversationEntity, MessageEntity, CommandEntity];
