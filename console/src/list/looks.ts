import type { SessionResponse } from '@hermes-sessions/client';
import { useSyncExternalStore } from 'react';

/** When somebody looked at what, in epoch milliseconds. */
interface Looks {
  /** What happened before that counts as seen. */
  readonly since: number;
  readonly byId: Readonly<Record<string, number>>;
}

/** Where it is kept: in this browser, until somebody signs out. */
const KEPT = 'hermes-sessions-looks';

/** Conversations whose looks are kept, at most. */
const MOST = 1000;

const listeners = new Set<() => void>();

/** Tells whether something happened in a conversation since somebody looked at it last. */
export function useUnread(): (session: SessionResponse) => boolean {
  const { since, byId } = parse(useSyncExternalStore(subscribe, read));
  return ({ id, last_active_at: active }) =>
    active !== null &&
    Date.parse(active) > Math.max(since, (Object.hasOwn(byId, id) ? byId[id] : undefined) ?? 0);
}

/** Keeps that somebody looks at a conversation now. */
export function lookAt(id: string): void {
  const { since, byId } = parse(read());
  const kept = Object.entries({ ...byId, [id]: Date.now() })
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, MOST);
  keep({ since, byId: Object.fromEntries(kept) });
}

/** Begins anew: everything until now counts as seen. */
export function seeAll(): void {
  keep({ since: Date.now(), byId: {} });
}

/** Keeps nothing any more. */
export function forgetLooks(): void {
  localStorage.removeItem(KEPT);
}

function keep(looks: Looks): void {
  localStorage.setItem(KEPT, JSON.stringify(looks));
  for (const tell of listeners) tell();
}

function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  // Other tabs look as well.
  addEventListener('storage', tell);
  return () => {
    listeners.delete(tell);
    removeEventListener('storage', tell);
  };
}

function read(): string {
  const kept = localStorage.getItem(KEPT);
  if (kept !== null) return kept;
  const begun = JSON.stringify({ since: Date.now(), byId: {} } satisfies Looks);
  localStorage.setItem(KEPT, begun);
  return begun;
}

function parse(kept: string): Looks {
  return JSON.parse(kept) as Looks;
}
