import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useSyncExternalStore } from 'react';
import type { Connected } from './connection.js';
import { Rereading } from './rereading.js';
import type { ServerState } from './server-watch.js';

/** Reads again what is shown when something happens to it, and all of it when the server is back. @returns how the server is met. */
export function useLiveUpdates({ history, watch }: Connected): ServerState {
  const queries = useQueryClient();
  const state = useSyncExternalStore(watch.subscribe, watch.snapshot);
  const isAway = state.reach === 'away';
  useEffect(() => {
    if (isAway) return;
    const ended = new AbortController();
    const rereading = new Rereading(queries);
    const listen = async (): Promise<void> => {
      for await (const event of history.events(
        { include_children: true },
        { signal: ended.signal, onInterruption: watch.interrupted },
      ))
        rereading.hear(event);
    };
    // What the sign-in does not allow is said by the requests for what is shown.
    listen().catch(watch.interrupted);
    return () => {
      ended.abort();
      rereading.stop();
    };
  }, [history, queries, watch, isAway]);
  // Whoever signs in anew sees nothing of what somebody else was shown.
  const shownBy = useRef(history);
  useEffect(() => {
    if (shownBy.current === history) return;
    shownBy.current = history;
    void queries.resetQueries();
  }, [history, queries]);
  const wasAway = useRef(false);
  useEffect(() => {
    if (wasAway.current && !isAway) void queries.invalidateQueries();
    wasAway.current = isAway;
  }, [isAway, queries]);
  return state;
}
