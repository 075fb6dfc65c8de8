import type { SessionResponse } from '@hermes-sessions/client';
import { useSyncExternalStore } from 'react';

/** When the user last viewed which conversation, in epoch milliseconds. */
interface Looks {
  /** Activity before this time counts as seen. */
  readonly since: number;
  readonly byId: Readonly<Record<string, number>>;
}

/** The storage key. The data stays in this browser until the user signs out. */
const KEPT = 'hermes-sessions-looks';

/** Maximum number of stored conversations. */
const MOST = 1000;

const listeners = new Set<() => void>();

/** Returns a function that tells whether a conversation has activity since the user last viewed it. */
export function useUnread(): (session: SessionResponse) => boolean {
  const { since, byId } = parse(useSyncExternalStore(subscribe, read));
  return ({ id, last_active_at: active }) =>
    active !== null &&
    Date.parse(active) > Math.max(since, (Object.hasOwn(byId, id) ? byId[id] : undefined) ?? 0);
}

/** Stores that the user is viewing a conversation now. */
export function lookAt(id: string): void {
  const { since, byId } = parse(read());
  const kept = Object.entries({ ...byId, [id]: Date.now() })
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, MOST);
  keep({ since, byId: Object.fromEntries(kept) });
}

/** Marks everything as seen. */
export function seeAll(): void {
  keep({ since: Date.now(), byId: {} });
}

/** Deletes the stored data. */
export function forgetLooks(): void {
  localStorage.removeItem(KEPT);
}

function keep(looks: Looks): void {
  localStorage.setItem(KEPT, JSON.stringify(looks));
  for (const tell of listeners) tell();
}

function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  // Other tabs change it as well.
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
