import type { TestServer } from './server.js';
import { TEST_KEY } from './test-key.js';

/** Sends a request whose answer can be read while it is being written. */
export async function ask(server: TestServer, path: string, body?: unknown): Promise<Response> {
  return fetch(`${await server.app.getUrl()}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
}
