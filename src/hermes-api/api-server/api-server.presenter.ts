import type { Session } from '../../domain/session.js';
import { messageColumns, sessionColumns } from '../columns.js';
import { isUnread } from '../unread.js';
import type { HermesPage, HermesTranscript } from '../hermes-sessions.service.js';
import type {
  HermesListedSessionResponse,
  HermesMessageListResponse,
  HermesSessionEnvelope,
  HermesSessionListResponse,
  HermesSessionResponse,
} from './api-server.response.js';

/**
 * A session in the format of Hermes's API server, with timestamps as they are stored.
 * @param more further fields. `Object.assign` takes V8 a third of the time of a spread with this many columns.
 */
function toHermesSession<T extends object>(session: Session, more: T): HermesSessionResponse & T {
  const { pinned, archived, hasSystemPrompt, hasModelConfig, marks } = session;
  const flags = {
    pinned,
    archived,
    has_system_prompt: hasSystemPrompt,
    has_model_config: hasModelConfig,
  };
  const seen = marks === undefined ? {} : { hidden: marks.hidden, unread: isUnread(session) };
  return Object.assign(sessionColumns(session), flags, seen, more);
}

/** One session in the format of Hermes's API server. */
export function toEnvelope(session: Session): HermesSessionEnvelope {
  return { object: 'hermes.session', session: toHermesSession(session, {}) };
}

/** A page of a list, with the requested page numbers. */
export function toHermesList(
  { sessions, hasMore }: HermesPage,
  numbers: { readonly limit: number; readonly offset: number },
  includeChildren: boolean,
): HermesSessionListResponse {
  const data = sessions.map(includeChildren ? toListedRow : toListedConversation);
  return { object: 'list', data, ...numbers, has_more: hasMore };
}

function toListedRow(session: Session): HermesListedSessionResponse {
  return toHermesSession(session, activityOf(session));
}

/** A compressed conversation names its first session. */
function toListedConversation(session: Session): HermesListedSessionResponse {
  if (session.id === session.rootId) return toListedRow(session);
  return toHermesSession(session, { ...activityOf(session), _lineage_root_id: session.rootId });
}

function activityOf({
  lastActiveAt,
  preview,
}: Session): Pick<HermesListedSessionResponse, 'last_active' | 'preview'> {
  return { last_active: lastActiveAt, preview };
}

/** Part of a transcript. */
export function toHermesTranscript({
  sessionId,
  messages,
  pagination,
}: HermesTranscript): HermesMessageListResponse {
  return { object: 'list', session_id: sessionId, data: messages.map(messageColumns), pagination };
}
