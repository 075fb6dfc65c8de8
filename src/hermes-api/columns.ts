import type { Message } from '../domain/message.js';
import type { Session } from '../domain/session.js';
import { toUsageResponse } from '../sessions/session-presenter.js';
import type { HermesMessageResponse, HermesSessionResponse } from './api-server/api-server.response.js';

/** A session but for its flags, which each of the servers writes in its own way. */
type SessionColumns = Omit<
  HermesSessionResponse,
  'pinned' | 'archived' | 'has_system_prompt' | 'has_model_config' | 'hidden' | 'unread'
>;

/** What both of Hermes's servers show of a session, by the names of its columns; times are in seconds as they are stored. */
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

/** What both show of a message, by the names of its columns. */
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
