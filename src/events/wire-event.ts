import { isLimited, mayKnow, type SessionAccess } from '../sessions/session-access.js';
import type { SessionResponse } from '../sessions/dto/session.response.js';
import type { ListedChange, StoreEvent } from '../sessions/session-event.js';
import type { EventPerspective } from './event-filter.js';
import type { SessionEventResponse } from './session-event.response.js';

/** An event as it goes over the wire; undefined where there is nothing to tell from a perspective. */
export function toWireEvent(
  event: StoreEvent,
  perspective: EventPerspective,
  access: SessionAccess,
): SessionEventResponse | undefined {
  if (event.kind === 'reset') {
    return {
      ...{ object: 'hermes.session.event', type: 'resync', profile: event.profile },
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
    return { ...common, type: 'message.created', message: event.message, ...truncated };
  }
  const change = event[perspective];
  return change === undefined ? undefined : { ...common, ...toBody(change, event, access) };
}

/** Told only where there are several. */
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
      return { type: 'session.created', session: veiled(change.session, event, access) };
    case 'updated':
      return {
        type: 'session.updated',
        changed: change.changed,
        session: veiled(change.session, event, access),
      };
    case 'deleted':
      return {
        type: 'session.deleted',
        ...(change.tipId === null || isLimited(access) ? {} : { tip_session_id: change.tipId }),
      };
  }
}

/** A session without the ids of sessions that somebody may not know of. */
function veiled(
  session: SessionResponse,
  { relatives: { parent, root } }: Extract<StoreEvent, { readonly kind: 'session' }>,
  access: SessionAccess,
): SessionResponse {
  if (!isLimited(access)) return session;
  const knowsRoot = root !== undefined && mayKnow(access, root);
  return {
    ...session,
    parent_session_id: parent !== undefined && mayKnow(access, parent) ? session.parent_session_id : null,
    root_session_id: knowsRoot ? session.root_session_id : session.id,
    chain_length: knowsRoot ? session.chain_length : 1,
  };
}
