import { request, type IncomingMessage } from 'node:http';
import { collectGarbage } from '../support/garbage-collection.js';
import { smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';
import { until } from '../support/wait.js';

const LISTENING = {
  jsonrpc: '2.0',
  id: 1,
  method: 'subscriptions/listen',
  params: {
    notifications: { resourcesListChanged: true, resourceSubscriptions: ['hermes://sessions/plain'] },
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
};

describe('who listens at /mcp', () => {
  let server: TestServer;
  let url: string;

  beforeAll(async () => {
    server = await TestServer.start(smallHistory(25));
    url = await server.app.getUrl();
  });

  afterAll(() => server.close());

  const listeners = async (): Promise<number> => {
    const { text } = await server.get('/metrics').buffer(true);
    return Number(/^hermes_sessions_event_listeners (\d+)$/m.exec(text)?.[1]);
  };

  it.each([
    ['GET', {}, undefined],
    ['POST', { 'mcp-protocol-version': '2026-07-28', 'mcp-method': LISTENING.method }, LISTENING],
  ])(
    'is let go of when it leaves, whatever the garbage collection has taken: %s',
    async (method, more, body) => {
      const headers = {
        ...more,
        authorization: `Bearer ${TEST_KEY}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      };
      const response = await new Promise<IncomingMessage>((answered, failed) => {
        request(`${url}/mcp`, { method, headers }, answered)
          .on('error', failed)
          .end(body === undefined ? undefined : JSON.stringify(body));
      });
      expect([response.statusCode, await listeners()]).toEqual([200, 1]);
      await collectGarbage();
      response.destroy();
      await until(async () => (await listeners()) === 0, 'the end of who listened', 20_000);
    },
  );
});
