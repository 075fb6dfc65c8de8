/** How the server is met. */
export interface ServerState {
  /** `ended`: it knows no more who asks; `stranger`: it never did, since this page was opened. */
  readonly reach: 'there' | 'away' | 'ended' | 'stranger';
  /** Whether it is heard when something happens. */
  readonly isHeard: boolean;
}

/** Milliseconds until a server that was away is tried again. */
const PAUSE = 2000;

/** Milliseconds after which a try is given up: a network that is gone swallows what is sent, for minutes, and is back for what is sent then. */
const PATIENCE = 10_000;

/** What an intermediary answers in place of a server that is away. */
const NOBODY_BEHIND: ReadonlySet<number> = new Set([502, 504]);

/** Notices at every request whether the server is there and knows who asks, and tries one that is away until it answers. */
export class ServerWatch {
  #state: ServerState = { reach: 'there', isHeard: false };
  readonly #listeners = new Set<() => void>();
  #wasMet = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param ask sends a request that costs little, until it is given up. */
  constructor(private readonly ask: (signal: AbortSignal) => Promise<unknown>) {}

  /** Sends a request, and looks at what becomes of it. */
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

  /** Is told that nothing is heard any more. */
  readonly interrupted = (): void => {
    this.#become({ ...this.#state, isHeard: false });
  };

  /** Tries at once whether a server that is away is back. */
  readonly tryNow = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const givenUp = new AbortController();
    const patience = setTimeout(() => {
      givenUp.abort();
    }, PATIENCE);
    // What becomes of it is noticed where it is sent, but for one that is given up.
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
