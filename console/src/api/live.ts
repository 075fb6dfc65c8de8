import type { HermesSessions } from '@hermes-sessions/client';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

/** What happened within so many milliseconds is shown together. */
const TOGETHER = 400;

/** Reads again what is shown whenever something happens. @returns whether the server is heard. */
export function useLiveUpdates(history: HermesSessions): boolean {
  const queries = useQueryClient();
  const [isHeard, setHeard] = useState(true);
  useEffect(() => {
    const ended = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const readAgain = (): void => {
      timer = undefined;
      void queries.invalidateQueries();
    };
    const listen = async (): Promise<void> => {
      const onInterruption = (): void => {
        setHeard(false);
      };
      for await (const _event of history.events(
        { include_children: true },
        { signal: ended.signal, onInterruption },
      )) {
        setHeard(true);
        timer ??= setTimeout(readAgain, TOGETHER);
      }
    };
    // What the sign-in does not allow is said by the requests for what is shown.
    listen().catch(() => {
      setHeard(false);
    });
    return () => {
      ended.abort();
      clearTimeout(timer);
    };
  }, [history, queries]);
  return isHeard;
}
