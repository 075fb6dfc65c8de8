import { PassThrough } from 'node:stream';
import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { isListening, subscribedUris } from './listening.js';

/** How long the last requests may take after the end of input, in milliseconds. */
const LAST_ANSWERS = 30_000;

/** Standard input and output. The end of input is delayed until the pending requests are answered. */
export class StdioTransport extends StdioServerTransport {
  readonly #input: PassThrough;
  /** Pending requests. Subscriptions, which last until they are cancelled, are not among them. */
  readonly #asked = new Set<RequestId>();
  /** The addresses that each listening request subscribes to. */
  readonly #subscribed = new Map<RequestId, readonly string[]>();
  #isOver = false;
  /** Resolves after the end of input, once all requests are answered. */
  readonly ended: Promise<void>;

  constructor() {
    const input = new PassThrough();
    super(input, process.stdout);
    this.#input = input;
    this.ended = new Promise((resolve) => input.once('end', resolve));
    this.#noteRequests();
    const over = (): void => {
      this.#isOver = true;
      this.#endOnceAnswered();
      setTimeout(() => input.end(), LAST_ANSWERS).unref();
    };
    process.stdin.once('end', over);
    process.stdin.once('error', over);
    process.stdin.pipe(input, { end: false });
  }

  /** The currently subscribed addresses. */
  get subscribedUris(): Iterable<string> {
    return new Set([...this.#subscribed.values()].flat());
  }

  override async send(message: JSONRPCMessage): Promise<void> {
    await super.send(message);
    if (!('method' in message) && message.id !== undefined) this.#answered(message.id);
  }

  /** Notes every message before its handler gets it. An accessor, because the connected server sets `onmessage` more than once. */
  #noteRequests(): void {
    let heard: StdioServerTransport['onmessage'];
    Object.defineProperty(this, 'onmessage', {
      get: () => heard,
      set: (hear: StdioServerTransport['onmessage']) => {
        heard =
          hear &&
          ((message) => {
            this.#note(message);
            hear(message);
          });
      },
    });
  }

  #note(message: JSONRPCMessage): void {
    if (!('method' in message)) return;
    if ('id' in message) {
      if (isListening(message)) this.#subscribed.set(message.id, subscribedUris(message));
      else this.#asked.add(message.id);
    }
    const cancelled: unknown = message.params?.requestId;
    if (message.method !== 'notifications/cancelled') return;
    if (typeof cancelled === 'string' || typeof cancelled === 'number') this.#answered(cancelled);
  }

  #answered(id: RequestId): void {
    this.#asked.delete(id);
    this.#subscribed.delete(id);
    this.#endOnceAnswered();
  }

  #endOnceAnswered(): void {
    if (!this.#isOver) return;
    // Messages that are already read are delivered first.
    setImmediate(() => {
      if (this.#asked.size === 0) this.#input.end();
    });
  }
}
