import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { Connected } from './connection.js';
import { Following } from './following.js';
import type { ServerState } from './server-watch.js';

/**
 * Reads again what is shown when something happens to it, and all of it when the server is back. It is listened to while somebody sees the
 * page alone: browsers keep six connections to a server without HTTP/2, for all tabs together, and each listener has one.
 * @returns how the server is met.
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
    // Browsers let hidden pages try again once a minute at most.
    if (isSeen && watch.snapshot().reach === 'away') watch.tryNow();
  }, [watch, isSeen]);
  const shown = useRef({ history, isThere });
  useEffect(() => {
    const before = shown.current;
    shown.current = { history, isThere };
    // Whoever signs in anew sees nothing of what somebody else was shown.
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
