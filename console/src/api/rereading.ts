import type { SessionEvent } from '@hermes-sessions/client';
import type { Query, QueryClient } from '@tanstack/react-query';

/** What happened within so many milliseconds is shown together: where many agents write, something happens all the time. */
const TOGETHER = 500;

/** What takes long to answer rests so many times as long: a search of a large history is not repeated all the time. */
const REST = 4;

/** What is another whenever anything happens anywhere. */
const OF_ALL = new Set<unknown>(['list']);

/** What belongs to one session, whose id comes second in its key. */
const OF_ONE = new Set<unknown>(['session', 'messages']);

/** Asks again for what is shown when something happens to it, as often as the server answers without effort. */
export class Rereading {
  #heard: SessionEvent[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Milliseconds of the page's clock before which nothing is asked for again. */
  #restsUntil = 0;

  constructor(private readonly queries: QueryClient) {}

  hear(event: SessionEvent): void {
    this.#heard.push(event);
    this.#plan();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #plan(): void {
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        void this.#read();
      },
      Math.max(TOGETHER, this.#restsUntil - performance.now()),
    );
  }

  async #read(): Promise<void> {
    const predicate = concernedBy(this.#heard);
    // What is on its way may have been read before the event: it is waited for, and then asked for again.
    if (performance.now() < this.#restsUntil || this.queries.isFetching({ predicate }) > 0) {
      this.#plan();
      return;
    }
    this.#heard = [];
    const begin = performance.now();
    await this.queries.invalidateQueries({ predicate });
    const end = performance.now();
    this.#restsUntil = end + REST * (end - begin);
  }
}

/** Finds answers that are others after these events. Statistics are not: they are counted again by the minute. */
function concernedBy(events: readonly SessionEvent[]): (query: Query) => boolean {
  return ({ queryKey: [name, id] }) => {
    if (OF_ALL.has(name)) return true;
    return events.some(({ type, session_id: sessionId, session }) => {
      if (type === 'resync') return true;
      return OF_ONE.has(name) && (sessionId === id || session?.parent_session_id === id);
    });
  };
}
