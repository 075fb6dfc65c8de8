import { request, type IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { HermesApi } from '../support/hermes-api.js';
import { smallHistory } from '../support/histories.js';
import { serverWithLog } from '../support/log.js';
import { describeWith } from '../support/needs.js';
import { selfSigned } from '../support/self-signed.js';
import { TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';
import { until } from '../support/wait.js';

describe('what is passed on to a Hermes API server', () => {
  let hermes: HermesApi;
  let server: TestServer;
  let url: string;

  beforeEach(async () => {
    hermes = await HermesApi.start();
    server = await TestServer.start(smallHistory(25), { HERMES_UPSTREAM_URL: hermes.url });
    url = await server.app.getUrl();
  });

  afterEach(async () => {
    await server.close();
    await hermes.close();
  });

  it.each(['100-continue', 'anything'])(
    'is not told that this server was expected to %s',
    async (expected) => {
      const headers = {
        authorization: `Bearer ${TEST_KEY}`,
        'content-type': 'application/json',
        expect: expected,
      };
      const answer = await new Promise<IncomingMessage>((answered, failed) => {
        request(`${url}/v1/responses`, { method: 'POST', headers }, answered).on('error', failed).end('{}');
      });
      expect([answer.statusCode, await text(answer)]).toEqual([
        201,
        expect.stringContaining('/v1/responses'),
      ]);
      expect(hermes.arrived).toMatchObject([
        { body: '{}', headers: expect.not.objectContaining({ expect: expected }) },
      ]);
    },
  );

  it('is asked once, and its refusal is passed on as it comes', async () => {
    const response = await fetch(`${url}/v1/refused`, { headers: { authorization: `Bearer ${TEST_KEY}` } });
    expect([response.status, response.headers.get('retry-after'), await response.text()]).toEqual([
      ...[503, '1', 'too much to do'],
    ]);
    expect(hermes.arrived).toHaveLength(1);
  });

  it.each(['GET', 'POST'])('ends when whoever asked leaves before its first word: %s', async (method) => {
    const leaving = new AbortController();
    const headers = { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'text/plain' };
    // More than may be under way at a time.
    const asked = Array.from({ length: 300 }, () =>
      fetch(`${url}/v1/silent`, {
        ...{ method, headers, signal: leaving.signal },
        body: method === 'POST' ? 'Hello' : undefined,
      }),
    );
    await until(() => hermes.arrived.length >= 256, 'the requests');
    leaving.abort();
    await Promise.allSettled(asked);
    await until(() => hermes.left >= 256, 'the end of what nobody waits for', 30_000);
    expect((await fetch(`${url}/v1/models`, { headers })).status).toBe(201);
  });
});

describe('the log of what is passed on', () => {
  it('has one line of each request, also of one that left, and says once that the agent is away', async () => {
    const hermes = await HermesApi.start();
    const { server, log } = await serverWithLog({
      STATE_DB: smallHistory(25),
      HERMES_UPSTREAM_URL: hermes.url,
    });
    const begin = log.length;
    expect((await server.get('/v1/models')).status).toBe(201);
    const leaving = request(`${await server.app.getUrl()}/v1/silent`, {
      headers: { authorization: `Bearer ${TEST_KEY}` },
    });
    leaving.on('error', () => undefined).end();
    await until(() => hermes.arrived.length === 2);
    leaving.destroy();
    await until(() => hermes.left === 1);
    await hermes.close();
    for (const status of [502, 502]) expect((await server.get('/v1/models')).status).toBe(status);
    await until(() => log.filter(({ msg }) => msg === 'request').length === 4);
    expect(log.slice(begin).map(({ msg, status, code }) => [msg, status ?? code])).toEqual([
      ['request', 201],
      ['request', 499],
      ['failed', 'upstream_unavailable'],
      ['request', 502],
      ['request', 502],
    ]);
    await server.close();
  });
});

describeWith(['openssl'], 'a Hermes API server whose certificate nobody trusts', () => {
  it('is told no key', async () => {
    let isAsked = false;
    const impostor = createServer(selfSigned(), (_request, response) => {
      isAsked = true;
      response.end();
    });
    await new Promise<void>((listening) => impostor.listen(0, '127.0.0.1', listening));
    const { port } = impostor.address() as AddressInfo;
    const server = await TestServer.start(smallHistory(25), {
      HERMES_UPSTREAM_URL: `https://localhost:${port}`,
    });
    const { status, body } = await server.get('/v1/models');
    expect([status, body, isAsked]).toMatchObject([502, { error: { code: 'upstream_unavailable' } }, false]);
    await server.close();
    impostor.close();
  });
});
