import { AsyncLocalStorage } from 'node:async_hooks';
import { Agent, type Dispatcher } from 'undici';

/** Timeout until an agent's answer begins, in milliseconds: its turn can take long. */
export const FIRST_WORD = 600_000;
const CONNECTING = 5000;

/** A caller waiting for an agent's answer. */
interface Caller {
  /** Aborts when the caller has left. */
  readonly left: AbortSignal;
  /** Called with the reason if there will be no answer. */
  readonly failed: (error: Error) => void;
}

/**
 * The HTTP client of the proxy. @fastify/reply-from needs nothing but `request` from it; by itself it would not cancel requests of callers that left,
 * and would log each failure.
 */
export class UpstreamClient {
  readonly #agent = new Agent({
    connections: 256,
    headersTimeout: FIRST_WORD,
    bodyTimeout: 0,
    connect: { timeout: CONNECTING },
  });
  readonly #callers = new AsyncLocalStorage<Caller>();

  /** Sends requests for a caller. They are cancelled when the caller leaves, even before the agent has answered. */
  askFor(caller: Caller, ask: () => void): void {
    this.#callers.run(caller, ask);
  }

  request(
    options: Dispatcher.RequestOptions,
    answered: (error: Error | null, answer: Dispatcher.ResponseData) => void,
  ): void {
    const caller = this.#callers.getStore();
    this.#agent.request({ ...options, signal: caller?.left }, (error, answer) => {
      if (error !== null && caller !== undefined) caller.failed(error);
      else answered(error, answer);
    });
  }
}
