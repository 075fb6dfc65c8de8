import { mayEnter, mayKnow, type SessionAccess } from '../sessions/session-access.js';
import { isAskedFor, type ArchiveRule, type SessionCriteria } from '../sessions/session-filter.js';
import type { EventView, ListedChange, StoreEvent } from '../sessions/session-event.js';

/** Which events a listener hears. */
export interface EventFilter extends SessionCriteria {
  readonly archived: ArchiveRule;
  /** false: events of conversations; true: of every session row by itself. */
  readonly includeChildren: boolean;
  /** Only events of this session, whatever it is. */
  readonly sessionId?: string;
}

/** In which of the two ways of a list a listener sees what happens. */
export const EVENT_PERSPECTIVES = ['row', 'conversation'] as const;

export type EventPerspective = (typeof EVENT_PERSPECTIVES)[number];

export function perspectiveOf({ includeChildren, sessionId }: EventFilter): EventPerspective {
  return includeChildren || sessionId !== undefined ? 'row' : 'conversation';
}

/**
 * Whether a listener hears of an event. What leaves a filtered list by a change is heard of as well, so that whoever shows the
 * list can take it out.
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

/** Whether a change takes a session from what somebody may know of: for them it is gone. */
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
