import type { QueryClient } from '@tanstack/react-query';
import type { Connected } from './connection.js';
import { Rereading } from './rereading.js';

/** Hears what happens while it is wanted, and has what is shown read again. What happens meanwhile is made up for. */
export class Following {
  readonly #rereading: Rereading;
  /** How far everything has been heard; undefined where nothing has. */
  #lastEventId: string | undefined;
  #isBroken = false;

  constructor(
    private readonly connected: Connected,
    private readonly queries: QueryClient,
  ) {
    this.#rereading = new Rereading(queries);
  }

  /** Listens, from where it was left. @returns what ends it. */
  begin(): () => void {
    const { watch } = this.connected;
    const ended = new AbortController();
    // What the sign-in does not allow is said by the requests for what is shown.
    this.#listen(ended.signal).catch(watch.interrupted);
    return () => {
      ended.abort();
      watch.interrupted();
    };
  }

  /** What was heard is not read again any more. */
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
    // What was read before may be another by now, and nobody will say so.
    if (this.#lastEventId === undefined) this.#rereading.begin();
    this.#lastEventId = eventId;
    if (!this.#isBroken) return;
    this.#isBroken = false;
    // What could not be read then can be now.
    void this.queries.invalidateQueries({ predicate: ({ state }) => state.status === 'error' });
  };
}
