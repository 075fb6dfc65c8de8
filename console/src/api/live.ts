import type { HermesSessions, SessionEvent } from '@hermes-sessions/client';
import { useQueryClient, type Query, type QueryKey } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

/** What happened within so many milliseconds is shown together: where many agents write, something happens all the time. */
const TOGETHER = 500;

/** What is shown again whenever anything happens anywhere. */
const OF_ALL = new Set<unknown>(['list']);

/** What belongs to one session, whose id comes second in its key. */
const OF_ONE = new Set<unknown>(['session', 'messages']);

/** Reads again what is shown when something happens to it. @returns whether the server is heard. */
export function useLiveUpdates(history: HermesSessions): boolean {
  const queries = useQueryClient();
  const [isHeard, setHeard] = useState(true);
  useEffect(() => {
    const ended = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let heard: SessionEvent[] = [];
    const readAgain = (): void => {
      const events = heard;
      heard = [];
      timer = undefined;
      void queries.invalidateQueries({ predicate: ({ queryKey }: Query) => isConcerned(queryKey, events) });
    };
    const listen = async (): Promise<void> => {
      const onInterruption = (): void => {
        setHeard(false);
      };
      for await (const event of history.events(
        { include_children: true },
        { signal: ended.signal, onInterruption },
      )) {
        setHeard(true);
        heard.push(event);
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

/** Whether an answer is another after these events. Statistics are not: they are counted again by the minute. */
function isConcerned([name, id]: QueryKey, events: readonly SessionEvent[]): boolean {
  if (OF_ALL.has(name)) return true;
  return events.some(({ type, session_id: sessionId, session }) => {
    if (type === 'resync') return true;
    return OF_ONE.has(name) && (sessionId === id || session?.parent_session_id === id);
  });
}
