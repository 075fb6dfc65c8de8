import { Agent, request, type OutgoingHttpHeaders } from 'node:http';
import autocannon from 'autocannon';
import { KEY } from './servers.js';

/** Waiting times of a caller, in milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly requests: number;
}

/**
 * Answered requests per second with ten callers that never pause.
 * @throws {Error} if any answer is not 200: a failing server would be the fastest.
 */
export async function throughput(url: string, seconds: number): Promise<number> {
  const result = await autocannon({
    url,
    connections: 10,
    duration: seconds,
    headers: { authorization: `Bearer ${KEY}` },
    timeout: 60,
  });
  if (result.errors > 0 || result.non2xx > 0 || result['2xx'] === 0) {
    throw new Error(`${url}: ${result.errors} errors, ${result.non2xx} answers other than 200`);
  }
  return result['2xx'] / result.duration;
}

/** An answer and its duration. */
interface Timed {
  readonly body: string;
  readonly milliseconds: number;
}

/** A single caller with a persistent connection. */
export class Caller {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  /**
   * Fetches an answer and measures its duration.
   * @throws {Error} if the answer is not 200.
   */
  get(url: string): Promise<Timed> {
    return this.#ask(url, {});
  }

  /** Calls a tool by the current revision of the Model Context Protocol. @throws as {@link get} does */
  callTool(url: string, name: string, input: object): Promise<Timed> {
    const revision = '2026-07-28';
    const meta = {
      'io.modelcontextprotocol/protocolVersion': revision,
      'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': revision,
      'mcp-method': 'tools/call',
      'mcp-name': name,
    };
    const params = { name, arguments: input, _meta: meta };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
    return this.#ask(url, headers, body);
  }

  #ask(url: string, more: OutgoingHttpHeaders, sent?: string): Promise<Timed> {
    return new Promise((done, failed) => {
      const start = performance.now();
      const headers = { authorization: `Bearer ${KEY}`, ...more };
      const method = sent === undefined ? 'GET' : 'POST';
      const asking = request(url, { agent: this.#agent, headers, method }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const body = Buffer.concat(chunks).toString();
          const milliseconds = performance.now() - start;
          if (response.statusCode === 200) done({ body, milliseconds });
          else failed(new Error(`${url}: ${String(response.statusCode)} ${body}`));
        });
      });
      asking.on('error', failed).end(sent);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Latency of a single caller that sends requests without a pause, for `seconds` and at least `atLeast` times. */
export async function latency(url: string, seconds: number, atLeast = 5): Promise<Latency> {
  const caller = new Caller();
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  await caller.get(url);
  while (performance.now() < end || times.length < atLeast) times.push((await caller.get(url)).milliseconds);
  caller.close();
  return latencyOf(times);
}

/** Latency of several callers that each send the next request as soon as they have their answer. */
export async function crowdLatency(url: string, callers: number, seconds: number): Promise<Latency> {
  const end = performance.now() + 1000 * seconds;
  const times: number[] = [];
  const ask = async (): Promise<void> => {
    const caller = new Caller();
    do times.push((await caller.get(url)).milliseconds);
    while (performance.now() < end);
    caller.close();
  };
  await Promise.all(Array.from({ length: callers }, ask));
  return latencyOf(times);
}

/** Percentiles of waiting times. */
export function latencyOf(times: readonly number[]): Latency {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), requests: sorted.length };
}

/** The median of some figures. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
