import { mayEnter, mayKnow, type SessionAccess } from '../domain/access.js';
import { isAskedFor, type ArchiveRule, type SessionCriteria } from '../sessions/session-filter.js';
import type { EventView, ListedChange, StoreEvent } from '../sessions/session-event.js';

/** Which events a listener receives. */
export interface EventFilter extends SessionCriteria {
  readonly archived: ArchiveRule;
  /** false: events of conversations; true: events of every session row. */
  readonly includeChildren: boolean;
  /** Only events of this session, whatever its kind. */
  readonly sessionId?: string;
}

/** The two perspectives of events, as in lists. */
export const EVENT_PERSPECTIVES = ['row', 'conversation'] as const;

export type EventPerspective = (typeof EVENT_PERSPECTIVES)[number];

export function perspectiveOf({ includeChildren, sessionId }: EventFilter): EventPerspective {
  return includeChildren || sessionId !== undefined ? 'row' : 'conversation';
}

/**
 * Whether a listener receives an event. A change that takes a session out of a filtered list is included, so that whoever shows the list can remove
 * it.
 */
export function hears(filter: EventFilter, event: StoreEvent): boolean {
  if (!mayEnter(filter.access, event)) return false;
  if (event.kind === 'reset') return true;
  if (filter.sessionId !== undefined && filter.sessionId !== event.sessionId) return false;
  const perspective = perspectiveOf(filter);
  if (event.kind === 'message') return matches(filter, event[perspective]);
  const change = event[perspective];
  return change !== undefined && hearsOf(filter, change);
}

function hearsOf(filter: EventFilter, change: ListedChange): boolean {
  switch (change.kind) {
    case 'created':
      return matches(filter, change.after);
    case 'deleted':
      return matches(filter, change.before);
    case 'updated':
      return matches(filter, change.before) || matches(filter, change.after);
  }
}

/** Whether a change takes a session away from what the caller may know of: for the caller it is deleted. */
export function isLost(access: SessionAccess, change: ListedChange): boolean {
  return change.kind === 'updated' && !knows(access, change.after);
}

function knows(access: SessionAccess, { owners }: EventView): boolean {
  return owners.every((owner) => mayKnow(access, owner));
}

function matches(filter: EventFilter, view: EventView | undefined): boolean {
  if (view === undefined || !knows(filter.access, view)) return false;
  return filter.sessionId !== undefined || isAskedFor(filter, view.subject);
}
