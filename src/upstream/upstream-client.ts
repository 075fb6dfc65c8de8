import { AsyncLocalStorage } from 'node:async_hooks';
import { Agent, type Dispatcher } from 'undici';

/** An agent's turn can take long before it says anything; milliseconds. */
export const FIRST_WORD = 600_000;
const CONNECTING = 5000;

/** The HTTP client of what is passed on. @fastify/reply-from asks for no more of one than `request`, and tells it of nobody who leaves. */
export class UpstreamClient {
  readonly #agent = new Agent({
    connections: 256,
    headersTimeout: FIRST_WORD,
    bodyTimeout: 0,
    connect: { timeout: CONNECTING },
  });
  readonly #signals = new AsyncLocalStorage<AbortSignal>();

  /** Ends what is asked for meanwhile where nobody waits for it any more, also before an agent has said a word. */
  waitingFor(signal: AbortSignal, ask: () => void): void {
    this.#signals.run(signal, ask);
  }

  request(
    options: Dispatcher.RequestOptions,
    answered: (error: Error | null, answer: Dispatcher.ResponseData) => void,
  ): void {
    this.#agent.request({ ...options, signal: this.#signals.getStore() }, answered);
  }
}
