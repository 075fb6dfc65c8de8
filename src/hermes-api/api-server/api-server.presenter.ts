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

/** A session as Hermes's API server writes it: its seconds stand as they are stored. */
function toHermesSession(session: Session): HermesSessionResponse {
  return {
    ...sessionColumns(session),
    pinned: session.pinned,
    archived: session.archived,
    has_system_prompt: session.hasSystemPrompt,
    has_model_config: session.hasModelConfig,
    ...(session.marks === undefined ? {} : { hidden: session.marks.hidden, unread: isUnread(session) }),
  };
}

/** One session as Hermes's API server writes it. */
export function toEnvelope(session: Session): HermesSessionEnvelope {
  return { object: 'hermes.session', session: toHermesSession(session) };
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
  return {
    ...toHermesSession(session),
    last_active: session.lastActiveAt,
    preview: session.preview,
  };
}

/** One that was compressed names the session that it began with. */
function toListedConversation(session: Session): HermesListedSessionResponse {
  const lineage = session.id === session.rootId ? {} : { _lineage_root_id: session.rootId };
  return { ...toListedRow(session), ...lineage };
}

/** Part of a transcript. */
export function toHermesTranscript({
  sessionId,
  messages,
  pagination,
}: HermesTranscript): HermesMessageListResponse {
  return { object: 'list', session_id: sessionId, data: messages.map(messageColumns), pagination };
}
