import { AsyncLocalStorage } from 'node:async_hooks';
import { Agent, type Dispatcher } from 'undici';

/** An agent's turn can take long before it says anything; milliseconds. */
export const FIRST_WORD = 600_000;
const CONNECTING = 5000;

/** Somebody who waits for an answer of an agent. */
interface Caller {
  /** Is given when nobody waits for it any more. */
  readonly left: AbortSignal;
  /** Is told why there will be none. */
  readonly failed: (error: Error) => void;
}

/**
 * The HTTP client of what is passed on. @fastify/reply-from asks for no more of one than `request`; it tells of nobody who leaves, and would log each
 * failure.
 */
export class UpstreamClient {
  readonly #agent = new Agent({
    connections: 256,
    headersTimeout: FIRST_WORD,
    bodyTimeout: 0,
    connect: { timeout: CONNECTING },
  });
  readonly #callers = new AsyncLocalStorage<Caller>();

  /** Asks on behalf of somebody: it ends when they leave, also before an agent has said a word. */
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
