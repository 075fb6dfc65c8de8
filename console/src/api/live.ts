import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { Connected } from './connection.js';
import { Following } from './following.js';
import type { ServerState } from './server-watch.js';

/**
 * Refetches displayed data when events concern it, and everything when the server is back. It listens only while the page is visible: without HTTP/2,
 * browsers allow six connections per server for all tabs together, and each listener occupies one.
 * @returns the server's state.
 */
export function useLiveUpdates(connected: Connected): ServerState {
  const { history, watch } = connected;
  const queries = useQueryClient();
  const state = useSyncExternalStore(watch.subscribe, watch.snapshot);
  const isSeen = useSyncExternalStore(subscribeToSight, isPageSeen);
  const isThere = state.reach === 'there';
  const following = useMemo(() => new Following(connected, queries), [connected, queries]);
  useEffect(() => {
    if (isThere && isSeen) return following.begin();
    return undefined;
  }, [following, isThere, isSeen]);
  useEffect(() => following.forget, [following]);
  useEffect(() => {
    // Browsers throttle timers of hidden pages to once a minute.
    if (isSeen && watch.snapshot().reach === 'away') watch.tryNow();
  }, [watch, isSeen]);
  const shown = useRef({ history, isThere });
  useEffect(() => {
    const before = shown.current;
    shown.current = { history, isThere };
    // After a new sign-in, data of the previous user must not be shown.
    if (before.history !== history) void queries.resetQueries();
    else if (!before.isThere && isThere) void queries.invalidateQueries();
  }, [history, isThere, queries]);
  return state;
}

function subscribeToSight(tell: () => void): () => void {
  document.addEventListener('visibilitychange', tell);
  return () => {
    document.removeEventListener('visibilitychange', tell);
  };
}

function isPageSeen(): boolean {
  return document.visibilityState === 'visible';
}
