import { formatInstant } from '../../../http/instant.js';
import type { SessionUsageResponse } from '../../../sessions/dto/session-detail.response.js';
import type { SessionResponse } from '../../../sessions/dto/session.response.js';
import type { HistoryName } from '../../../sessions/session-access.js';
import type { StoredSession } from '../write/derivation.js';

/** What stands in no session row. */
export interface SessionFacts {
  readonly history: HistoryName;
  /** The session that it came from, where whoever asks may know of it. */
  readonly parentId: string | null;
  /** Epoch seconds; null where unknown. */
  readonly lastActiveAt: number | null;
  readonly rootId: string;
  readonly chainLength: number;
}

/** The wire form of a conversation, by its tip and its root; both are the same row where there is no chain. */
export function toSession(tip: StoredSession, root: StoredSession, facts: SessionFacts): SessionResponse {
  return {
    id: tip.id,
    object: 'hermes.session',
    platform: root.source,
    title: tip.title,
    model: tip.model,
    started_at: formatInstant(root.startedAt),
    last_active_at: formatInstant(facts.lastActiveAt),
    ended_at: formatInstant(tip.endedAt),
    turn_count: tip.turnCount,
    parent_session_id: facts.parentId,
    root_session_id: facts.rootId,
    message_count: tip.messageCount,
    tool_call_count: tip.toolCallCount,
    preview: tip.preview,
    user_id: root.userId,
    end_reason: tip.endReason,
    archived: root.archived,
    pinned: root.pinned,
    chain_length: facts.chainLength,
    profile: facts.history.profile,
    origin: facts.history.origin,
  };
}

/** A session row by itself, to somebody who may know of every session. */
export function toRow(session: StoredSession, history: HistoryName): SessionResponse {
  const { parentId, lastActiveAt, rootId, chainLength } = session;
  return toSession(session, session, { history, parentId, lastActiveAt, rootId, chainLength });
}

/** Tokens and cost of a row. */
export function toUsage(session: StoredSession): SessionUsageResponse {
  return {
    input_tokens: session.inputTokens,
    output_tokens: session.outputTokens,
    cache_read_tokens: session.cacheReadTokens,
    cache_write_tokens: session.cacheWriteTokens,
    reasoning_tokens: session.reasoningTokens,
    estimated_cost_usd: session.estimatedCost,
    actual_cost_usd: session.actualCost,
  };
}
