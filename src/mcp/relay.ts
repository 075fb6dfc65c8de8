import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { JSONRPCMessage, JSONRPCRequest, RequestId, Transport } from '@modelcontextprotocol/server';

/** JSON-RPC's code for an internal error. */
const INTERNAL_ERROR = -32_603;

/**
 * Relays messages between a client and a server over HTTP, until the client leaves.
 * @param url of the server's `/mcp`.
 */
export async function relay(url: URL, key: string, client: Transport): Promise<void> {
  const relayed = new Relay(url, key, client);
  await relayed.run();
}

class Relay {
  readonly #server: StreamableHTTPClientTransport;
  /** Aborts the requests under way: over HTTP a request is cancelled by closing it. */
  readonly #underWay = new Map<RequestId, AbortController>();

  constructor(
    url: URL,
    key: string,
    private readonly client: Transport,
  ) {
    const requestInit = { headers: { Authorization: `Bearer ${key}` } };
    this.#server = new StreamableHTTPClientTransport(url, { requestInit });
  }

  async run(): Promise<void> {
    const left = new Promise<void>((resolve) => {
      this.client.onclose = resolve;
    });
    this.client.onmessage = (message: JSONRPCMessage) => {
      void this.#pass(message);
    };
    this.#server.onmessage = (message: JSONRPCMessage) => {
      this.#answer(message);
    };
    await this.#server.start();
    await this.client.start();
    await left;
    for (const request of this.#underWay.values()) request.abort();
    await this.#server.close();
  }

  async #pass(message: JSONRPCMessage): Promise<void> {
    if (isCancellation(message)) this.#cancel(message.params.requestId);
    if (!isRequest(message)) {
      await this.#server.send(message).catch(() => undefined);
      return;
    }
    const { id } = message;
    const request = new AbortController();
    this.#underWay.set(id, request);
    try {
      await this.#server.send(message, {
        requestSignal: request.signal,
        // An answer as an event stream is still being read when `send` has returned. Its end is reported only here.
        onRequestStreamEnd: () =>
          void this.#fail(id, request, 'The server closed the response before it was complete.'),
      });
    } catch (error) {
      await this.#fail(id, request, `The server could not be reached: ${whyOf(error)}`);
    }
  }

  #cancel(id: RequestId): void {
    this.#underWay.get(id)?.abort();
    this.#underWay.delete(id);
  }

  /** Answers a request that the server will not answer any more, if it is still pending: otherwise the client may wait forever. */
  async #fail(id: RequestId, request: AbortController, message: string): Promise<void> {
    if (this.#underWay.get(id) !== request) return;
    this.#underWay.delete(id);
    const error = { code: INTERNAL_ERROR, message };
    await this.client.send({ jsonrpc: '2.0', id, error });
  }

  #answer(message: JSONRPCMessage): void {
    if (!('method' in message) && message.id !== undefined) this.#underWay.delete(message.id);
    if ('result' in message && typeof message.result.protocolVersion === 'string')
      this.#server.setProtocolVersion(message.result.protocolVersion);
    void this.client.send(message);
  }
}

function isRequest(message: JSONRPCMessage): message is JSONRPCRequest {
  return 'method' in message && 'id' in message;
}

function isCancellation(
  message: JSONRPCMessage,
): message is JSONRPCMessage & { readonly params: { readonly requestId: string | number } } {
  if (!('method' in message) || message.method !== 'notifications/cancelled') return false;
  const id: unknown = message.params?.requestId;
  return typeof id === 'string' || typeof id === 'number';
}

function whyOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
