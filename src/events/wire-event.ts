import { isLimited, mayKnow, type SessionAccess } from '../domain/access.js';
import type { Session } from '../domain/session.js';
import type { SessionResponse } from '../sessions/dto/session.response.js';
import type { ListedChange, ShownField, StoreEvent } from '../sessions/session-event.js';
import { toMessageResponse, toSessionResponse } from '../sessions/session-presenter.js';
import { isLost, type EventPerspective } from './event-filter.js';
import type { SessionEventResponse } from './session-event.response.js';

/** The API's names for the fields of a session. */
const FIELD_NAMES: Readonly<Record<ShownField, keyof SessionResponse | 'usage'>> = {
  id: 'id',
  platform: 'platform',
  title: 'title',
  model: 'model',
  startedAt: 'started_at',
  lastActiveAt: 'last_active_at',
  endedAt: 'ended_at',
  turnCount: 'turn_count',
  parentId: 'parent_session_id',
  rootId: 'root_session_id',
  messageCount: 'message_count',
  toolCallCount: 'tool_call_count',
  preview: 'preview',
  userId: 'user_id',
  endReason: 'end_reason',
  archived: 'archived',
  pinned: 'pinned',
  chainLength: 'chain_length',
  profile: 'profile',
  origin: 'origin',
  usage: 'usage',
  match: 'match',
};

/** An event in the form of the API; undefined if it has no part for a perspective. */
export function toWireEvent(
  event: StoreEvent,
  perspective: EventPerspective,
  access: SessionAccess,
): SessionEventResponse | undefined {
  if (event.kind === 'reset') {
    return {
      object: 'hermes.session.event',
      type: 'resync',
      profile: event.profile,
      ...originOf(event),
    };
  }
  const common = {
    object: 'hermes.session.event',
    profile: event.profile,
    ...originOf(event),
    session_id: event.sessionId,
  } as const;
  if (event.kind === 'message') {
    const truncated = event.truncated ? { truncated: true as const } : {};
    const message = toMessageResponse(event.message, { lineage: true, includeInactive: false });
    return { ...common, type: 'message.created', message, ...truncated };
  }
  const change = event[perspective];
  if (change !== undefined && isLost(access, change)) return { ...common, type: 'session.deleted' };
  return change === undefined ? undefined : { ...common, ...toBody(change, event, access) };
}

/** Named only if there are several origins. */
function originOf({ origin }: StoreEvent): { readonly origin?: string } {
  return origin === null ? {} : { origin };
}

function toBody(
  change: ListedChange,
  event: Extract<StoreEvent, { readonly kind: 'session' }>,
  access: SessionAccess,
): Pick<SessionEventResponse, 'type' | 'session' | 'changed' | 'tip_session_id'> {
  switch (change.kind) {
    case 'created':
      return { type: 'session.created', session: toSessionResponse(veiled(change, event, access)) };
    case 'updated':
      return {
        type: 'session.updated',
        changed: change.changed.map((field) => FIELD_NAMES[field]),
        session: toSessionResponse(veiled(change, event, access)),
      };
    case 'deleted':
      return {
        type: 'session.deleted',
        ...(change.tipId === null || isLimited(access) ? {} : { tip_session_id: change.tipId }),
      };
  }
}

/** A session without the ids of sessions that the caller may not know of. */
function veiled(
  { session, parent }: Exclude<ListedChange, { readonly kind: 'deleted' }>,
  { root }: Extract<StoreEvent, { readonly kind: 'session' }>,
  access: SessionAccess,
): Session {
  if (!isLimited(access)) return session;
  const knowsRoot = root !== undefined && mayKnow(access, root);
  return {
    ...session,
    parentId: parent !== undefined && mayKnow(access, parent) ? session.parentId : null,
    rootId: knowsRoot ? session.rootId : session.id,
    chainLength: knowsRoot ? session.chainLength : 1,
  };
}
