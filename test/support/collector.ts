import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { first } from './wait.js';

/** A span in OTLP's JSON encoding. */
export interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly status: { readonly code?: number };
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
}

interface Batch {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: SentSpan['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[];
  }[];
}

/** An OpenTelemetry collector that records everything. */
export class Collector {
  readonly #bodies: string[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Collector> {
    const server = createServer();
    const collector = new Collector(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (request.url === '/v1/traces') collector.#bodies.push(Buffer.concat(chunks).toString());
        response.setHeader('Content-Type', 'application/json').end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Everything received, unparsed. */
  get text(): string {
    return this.#bodies.join('\n');
  }

  /** The resource attributes of the sender. */
  get resource(): string {
    return JSON.stringify(
      this.#batches.flatMap(({ resourceSpans }) => resourceSpans.map((each) => each.resource)),
    );
  }

  get spans(): readonly SentSpan[] {
    return this.#batches.flatMap(({ resourceSpans }) =>
      resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    );
  }

  /** Waits for a matching span. */
  span(matches: (span: SentSpan) => boolean, title: string): Promise<SentSpan> {
    return first(() => this.spans.find(matches) ?? null, `A span: ${title}`);
  }

  /** Names of all spans below a span, the nearest first. */
  namesBelow({ spanId, traceId }: SentSpan): readonly string[] {
    const children = this.spans.filter((span) => span.traceId === traceId && span.parentSpanId === spanId);
    return [...children.map(({ name }) => name), ...children.flatMap((child) => this.namesBelow(child))];
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  get #batches(): readonly Batch[] {
    return this.#bodies.map((body) => JSON.parse(body) as Batch);
  }
}
