import type { HermesSessions } from '@hermes-sessions/client';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Rereading } from './rereading.js';

/** Reads again what is shown when something happens to it. @returns whether the server is heard. */
export function useLiveUpdates(history: HermesSessions): boolean {
  const queries = useQueryClient();
  const [isHeard, setHeard] = useState(true);
  useEffect(() => {
    const ended = new AbortController();
    const rereading = new Rereading(queries);
    const listen = async (): Promise<void> => {
      const onInterruption = (): void => {
        setHeard(false);
      };
      for await (const event of history.events(
        { include_children: true },
        { signal: ended.signal, onInterruption },
      )) {
        setHeard(true);
        rereading.hear(event);
      }
    };
    // What the sign-in does not allow is said by the requests for what is shown.
    listen().catch(() => {
      setHeard(false);
    });
    return () => {
      ended.abort();
      rereading.stop();
    };
  }, [history, queries]);
  return isHeard;
}
