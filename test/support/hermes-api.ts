import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A received request. */
export interface Arrived {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A stub of a Hermes API server, as far as the proxy needs it. */
export class HermesApi {
  readonly arrived: Arrived[] = [];
  /** How many clients of unanswered requests have disconnected. */
  left = 0;
  /** Continues an answer that has begun. */
  proceed: () => void = () => undefined;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<HermesApi> {
    const server = createServer();
    const api = new HermesApi(server);
    server.on('request', (request, response) => {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        api.arrived.push({ method: request.method, url: request.url, headers: request.headers, body });
        if (request.headers.origin !== undefined) {
          // It accepts requests from no web page.
          response.writeHead(403).end();
        } else if (request.url === '/v1/capabilities') {
          response.setHeader('content-type', 'application/json');
          response.end(
            JSON.stringify({
              features: {
                chat_completions: true,
                responses_api: true,
                run_submission: false,
                sessions_api: false,
                session_key_header: 'X-Hermes-Session-Key',
              },
              model: 'hermes-4',
              runtime: { mode: 'server_agent' },
              endpoints: { chat_completions: { method: 'POST', path: '/v1/chat/completions' } },
            }),
          );
        } else if (request.url === '/v1/chat/completions') {
          response.writeHead(200, {
            'content-type': 'text/event-stream',
            connection: 'close',
            'x-hermes-session-id': 'abc',
          });
          response.write('data: first\n\n');
          api.proceed = () => {
            response.end('data: second\n\n');
          };
        } else if (request.url === '/v1/silent') {
          response.on('close', () => api.left++);
        } else if (request.url === '/v1/refused') {
          response.writeHead(503, { 'retry-after': '1' }).end('too much to do');
        } else if (request.url === '/v1/closing') {
          response
            .writeHead(200, {
              ...{ connection: ['close, x-of-connection', 'x-of-another'], 'x-kept': 'a' },
              ...{ 'x-of-connection': 'a', 'x-of-another': 'a' },
              ...{ 'access-control-allow-origin': '*', 'access-control-max-age': '9' },
            })
            .end();
        } else {
          response.writeHead(201, { 'content-type': 'application/json' });
          response.end(JSON.stringify({ path: request.url, method: request.method }));
        }
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }
}
