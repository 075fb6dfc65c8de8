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
 * A session as Hermes's API server writes it: its seconds stand as they are stored.
 * @param more what comes behind it. V8 assigns so many columns in a third of the time that it takes to spread them.
 */
function toHermesSession<T extends object>(session: Session, more: T): HermesSessionResponse & T {
  const { pinned, archived, hasSystemPrompt, hasModelConfig, marks } = session;
  const flags = {
    ...{ pinned, archived },
    has_system_prompt: hasSystemPrompt,
    has_model_config: hasModelConfig,
  };
  const seen = marks === undefined ? {} : { hidden: marks.hidden, unread: isUnread(session) };
  return Object.assign(sessionColumns(session), flags, seen, more);
}

/** One session as Hermes's API server writes it. */
export function toEnvelope(session: Session): HermesSessionEnvelope {
  return { object: 'hermes.session', session: toHermesSession(session, {}) };
}

/** The page of a list that was asked for with these numbers. */
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

/** One that was compressed names the session that it began with. */
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
