/** The state of the server as the page sees it. */
export interface ServerState {
  /** `ended`: it does not accept the sign-in any more; `stranger`: it has not accepted it since the page was opened. */
  readonly reach: 'there' | 'away' | 'ended' | 'stranger';
  /** Whether events are being received. */
  readonly isHeard: boolean;
}

/** Pause before an unreachable server is tried again, in milliseconds. */
const PAUSE = 2000;

/** Timeout of a try, in milliseconds. A lost network can swallow a request for minutes, although a new request would succeed. */
const PATIENCE = 10_000;

/** Statuses with which a proxy answers for an unreachable server. */
const NOBODY_BEHIND: ReadonlySet<number> = new Set([502, 504]);

/** Observes from each request whether the server is reachable and accepts the sign-in, and retries until an unreachable one answers. */
export class ServerWatch {
  #state: ServerState = { reach: 'there', isHeard: false };
  readonly #listeners = new Set<() => void>();
  #wasMet = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param ask sends a cheap request, until its signal aborts. */
  constructor(private readonly ask: (signal: AbortSignal) => Promise<unknown>) {}

  /** Sends a request and observes its result. */
  readonly fetch = async (request: Request): Promise<Response> => {
    try {
      const response = await globalThis.fetch(request);
      if (response.status === 401)
        this.#become({ reach: this.#wasMet ? 'ended' : 'stranger', isHeard: false });
      else if (NOBODY_BEHIND.has(response.status)) this.#lose();
      else this.#meet(response);
      return response;
    } catch (error) {
      if (!request.signal.aborted) this.#lose();
      throw error;
    }
  };

  /** Called when no events are received any more. */
  readonly interrupted = (): void => {
    this.#become({ ...this.#state, isHeard: false });
  };

  /** Immediately tries whether an unreachable server is back. */
  readonly tryNow = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const givenUp = new AbortController();
    const patience = setTimeout(() => {
      givenUp.abort();
    }, PATIENCE);
    // `fetch` observes the result, except for a request that timed out.
    this.ask(givenUp.signal)
      .catch(() => {
        if (this.#state.reach === 'away') this.#lose();
      })
      .finally(() => {
        clearTimeout(patience);
      });
  };

  readonly subscribe = (tell: () => void): (() => void) => {
    this.#listeners.add(tell);
    addEventListener('online', this.tryNow);
    return () => {
      this.#listeners.delete(tell);
      removeEventListener('online', this.tryNow);
      clearTimeout(this.#timer);
    };
  };

  readonly snapshot = (): ServerState => this.#state;

  #meet(response: Response): void {
    this.#wasMet = true;
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    this.#become({ reach: 'there', isHeard: this.#state.isHeard || isStream });
  }

  #lose(): void {
    this.#become({ reach: 'away', isHeard: false });
    this.#timer ??= setTimeout(this.tryNow, PAUSE);
  }

  #become(next: ServerState): void {
    if (next.reach === this.#state.reach && next.isHeard === this.#state.isHeard) return;
    this.#state = next;
    for (const tell of this.#listeners) tell();
  }
}
