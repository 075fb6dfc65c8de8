import type { Message } from '../domain/message.js';
import type { Session } from '../domain/session.js';
import { toUsageResponse } from '../sessions/session-presenter.js';
import type { HermesMessageResponse, HermesSessionResponse } from './api-server/api-server.response.js';

/** Text columns of a session for the place where it ran and how it is billed. Only the dashboard shows and imports them. */
export const PLACE_AND_BILLING_COLUMNS = [
  'cwd',
  'git_branch',
  'git_repo_root',
  'billing_provider',
  'billing_base_url',
  'billing_mode',
  'cost_status',
  'cost_source',
  'pricing_version',
] as const;

/** A session without its flags, which the two servers format differently. */
type SessionColumns = Omit<
  HermesSessionResponse,
  'pinned' | 'archived' | 'has_system_prompt' | 'has_model_config' | 'hidden' | 'unread'
>;

/** The session columns common to both of Hermes's servers; times are in seconds as stored. */
export function sessionColumns(session: Session): SessionColumns {
  return {
    id: session.id,
    source: session.platform,
    user_id: session.userId,
    model: session.model,
    title: session.ownTitle,
    started_at: session.startedAt,
    ended_at: session.endedAt,
    end_reason: session.endReason,
    message_count: session.messageCount,
    tool_call_count: session.toolCallCount,
    ...toUsageResponse(session.usage),
    api_call_count: session.apiCallCount,
    parent_session_id: session.parentId,
  };
}

/** The message columns common to both servers. */
export function messageColumns(message: Message): HermesMessageResponse {
  return {
    id: message.id,
    session_id: message.sessionId,
    role: message.role,
    content: message.content,
    tool_call_id: message.toolCallId,
    tool_calls: message.toolCalls,
    tool_name: message.toolName,
    timestamp: message.timestamp,
    token_count: message.tokenCount,
    finish_reason: message.finishReason,
    reasoning: message.reasoning,
    reasoning_content: message.reasoningContent,
  };
}
