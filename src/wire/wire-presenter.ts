import type { Message } from '../domain/message.js';
import type { Session } from '../domain/session.js';
import { presentFieldsOf, toUsageResponse } from '../sessions/session-presenter.js';
import type { WireMessageResponse, WireSessionEnvelope, WireSessionResponse } from './wire.response.js';

/** A session in Hermes's shape: its seconds stand as they are stored. */
export function toWireSession(session: Session): WireSessionResponse {
  return {
    id: session.id,
    source: session.platform,
    user_id: session.userId,
    model: session.model,
    title: session.title,
    started_at: session.startedAt,
    ended_at: session.endedAt,
    end_reason: session.endReason,
    message_count: session.messageCount,
    tool_call_count: session.toolCallCount,
    ...toUsageResponse(session.usage),
    parent_session_id: session.parentId,
    last_active: session.lastActiveAt,
    preview: session.preview,
    _lineage_root_id: session.rootId,
    pinned: session.pinned,
    archived: session.archived,
  };
}

/** One session in Hermes's shape. */
export function toWireEnvelope(session: Session): WireSessionEnvelope {
  return { object: 'hermes.session', session: toWireSession(session) };
}

/** A message in Hermes's shape. */
export function toWireMessage(message: Message): WireMessageResponse {
  return {
    role: message.role,
    content: message.content,
    id: message.id,
    ...presentFieldsOf(message),
    session_id: message.sessionId,
    timestamp: message.timestamp,
  };
}
