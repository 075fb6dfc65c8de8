import type { QueryClient } from '@tanstack/react-query';
import type { Connected } from './connection.js';
import { Rereading } from './rereading.js';

/** Listens to events while required, and refetches the affected queries. Events missed in between are caught up on. */
export class Following {
  readonly #rereading: Rereading;
  /** Id of the last processed event; undefined before the first. */
  #lastEventId: string | undefined;
  #isBroken = false;

  constructor(
    private readonly connected: Connected,
    private readonly queries: QueryClient,
  ) {
    this.#rereading = new Rereading(queries);
  }

  /** Starts listening after the last event. @returns a function that stops it. */
  begin(): () => void {
    const { watch } = this.connected;
    const ended = new AbortController();
    // A refused sign-in is reported by the requests for the displayed data.
    this.#listen(ended.signal).catch(watch.interrupted);
    return () => {
      ended.abort();
      watch.interrupted();
    };
  }

  /** Cancels pending refetches. */
  readonly forget = (): void => {
    this.#rereading.stop();
  };

  async #listen(signal: AbortSignal): Promise<void> {
    const { history, watch } = this.connected;
    const events = history.events(
      { include_children: true },
      {
        signal,
        ...(this.#lastEventId === undefined ? {} : { lastEventId: this.#lastEventId }),
        onInterruption: () => {
          this.#isBroken = true;
          watch.interrupted();
        },
        onHeard: this.#hear,
      },
    );
    for await (const event of events) this.#rereading.hear(event);
  }

  readonly #hear = (eventId: string): void => {
    // Data fetched before the first event may be outdated, and no event will report it.
    if (this.#lastEventId === undefined) this.#rereading.begin();
    this.#lastEventId = eventId;
    if (!this.#isBroken) return;
    this.#isBroken = false;
    // Queries that failed during the interruption can succeed now.
    void this.queries.invalidateQueries({ predicate: ({ state }) => state.status === 'error' });
  };
}
