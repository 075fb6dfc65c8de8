import { join } from 'node:path';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { createKey, writeKeyFile } from '../../src/auth/key-file.js';
import { createLogger } from '../../src/logging/logger.js';
import { createApp } from '../../src/server.js';
import { smallHistory } from '../support/histories.js';
import { temporaryFolder, testSettings, TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';
import { first, until } from '../support/wait.js';

const WRONG = 'Bearer wrong-key-0123456789';

function tooMany(code: string): unknown {
  return { error: { message: expect.any(String), type: 'rate_limit_error', param: null, code } };
}

/** A server with settings of its own, closed when its test ends. */
async function serverWith(environment: Readonly<Record<string, string>>): Promise<TestServer> {
  const server = await TestServer.start(smallHistory(25), environment);
  started.push(server);
  return server;
}

const started: TestServer[] = [];

afterEach(async () => {
  for (const server of started.splice(0)) await server.close();
});

describe('the limit of requests', () => {
  it('says in every answer where it stands, then answers 429 with when to go on', async () => {
    const server = await serverWith({ RATE_LIMIT_KEY: '3' });
    for (const remaining of ['2', '1', '0']) {
      const { status, headers } = await server.get('/v1/sessions');
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'ratelimit-limit': '3',
        'ratelimit-remaining': remaining,
        'ratelimit-reset': expect.stringMatching(/^\d+$/),
      });
    }
    const refused = await server.get('/v1/sessions');
    expect(refused.status).toBe(429);
    expect(refused.body).toEqual(tooMany('rate_limited'));
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
  });

  it('counts an address with and without a key, whatever it asks for, but never its probes', async () => {
    const server = await serverWith({ RATE_LIMIT_ADDRESS: '3' });
    expect((await server.http.get('/v1/sessions')).status).toBe(401);
    expect((await server.get('/nowhere')).status).toBe(404);
    expect((await server.get('/v1/sessions')).status).toBe(200);
    for (const path of ['/v1/sessions', '/nowhere', '/openapi.json', '/docs']) {
      const refused = await server.get(path);
      expect([path, refused.status, refused.body]).toEqual([path, 429, tooMany('rate_limited')]);
    }
    for (const path of ['/livez', '/readyz', '/health']) expect((await server.get(path)).status).toBe(200);
  });

  it('counts callers behind a trusted proxy one by one, and the addresses of one IPv6 network together', async () => {
    const server = await serverWith({ RATE_LIMIT_ADDRESS: '2', TRUST_PROXY: 'loopback' });
    const statusFor = async (address: string): Promise<number> =>
      (await server.get('/v1/sessions').set('X-Forwarded-For', address)).status;
    expect([await statusFor('203.0.113.7'), await statusFor('203.0.113.7')]).toEqual([200, 200]);
    expect(await statusFor('203.0.113.7')).toBe(429);
    expect(await statusFor('203.0.113.8')).toBe(200);
    expect([await statusFor('2001:db8:1:2::1'), await statusFor('2001:db8:1:2:ffff::9')]).toEqual([200, 200]);
    expect(await statusFor('2001:db8:1:2:3:4:5:6')).toBe(429);
    expect(await statusFor('2001:db8:1:3::1')).toBe(200);
  });

  it('counts a caller as one whatever the ports that proxies write, theirs too', async () => {
    const server = await serverWith({ RATE_LIMIT_ADDRESS: '2', TRUST_PROXY: 'loopback, 198.51.100.0/24' });
    const statusFor = async (addresses: string): Promise<number> =>
      (await server.get('/v1/sessions').set('X-Forwarded-For', addresses)).status;
    expect([await statusFor('203.0.113.7:1025'), await statusFor('203.0.113.7')]).toEqual([200, 200]);
    expect(await statusFor('203.0.113.7:1026, 198.51.100.1:443')).toBe(429);
    expect([await statusFor('[2001:db8::1]:1025'), await statusFor('2001:db8::2')]).toEqual([200, 200]);
    expect(await statusFor('[2001:db8::3]:1026')).toBe(429);
  });

  it('believes nobody who is no trusted proxy', async () => {
    const server = await serverWith({ RATE_LIMIT_ADDRESS: '1' });
    expect((await server.get('/v1/sessions').set('X-Forwarded-For', '203.0.113.7')).status).toBe(200);
    expect((await server.get('/v1/sessions').set('X-Forwarded-For', '203.0.113.8')).status).toBe(429);
  });

  it('is no other one where the clock is set back', async () => {
    const server = await serverWith({ RATE_LIMIT_KEY: '3' });
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_600_000);
    expect((await server.get('/v1/sessions')).status).toBe(200);
    jest.restoreAllMocks();
    const { headers } = await server.get('/v1/sessions');
    expect(headers).toMatchObject({ 'ratelimit-remaining': '1' });
    expect(Number(headers['ratelimit-reset'])).toBeLessThanOrEqual(60);
  });

  it('of 0 counts nothing', async () => {
    const server = await serverWith({
      RATE_LIMIT_KEY: '0',
      RATE_LIMIT_ADDRESS: '0',
      RATE_LIMIT_WRONG_KEYS: '0',
    });
    const { status, headers } = await server.get('/v1/sessions');
    expect(status).toBe(200);
    expect(headers).not.toHaveProperty('ratelimit-limit');
    expect((await server.http.get('/v1/sessions').set('Authorization', WRONG)).status).toBe(401);
  });
});

describe('wrong keys', () => {
  it('close an address after some, so that not even the right key shows itself', async () => {
    const server = await serverWith({ RATE_LIMIT_WRONG_KEYS: '3' });
    for (let tries = 0; tries < 3; tries++) {
      expect((await server.http.get('/v1/sessions').set('Authorization', `${WRONG}${tries}`)).status).toBe(
        401,
      );
    }
    for (const header of [WRONG, `Bearer ${TEST_KEY}`]) {
      const refused = await server.http.get('/v1/sessions').set('Authorization', header);
      expect(refused.status).toBe(429);
      expect(refused.body).toEqual(tooMany('too_many_wrong_keys'));
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    }
    expect((await server.http.get('/v1/sessions')).status).toBe(401);
  });

  it('do not lock out who has sent the right one from there before, nor anybody elsewhere', async () => {
    const server = await serverWith({ RATE_LIMIT_WRONG_KEYS: '2', TRUST_PROXY: 'loopback' });
    const statusOf = async (header: string, address: string): Promise<number> =>
      (await server.http.get('/v1/sessions').set('Authorization', header).set('X-Forwarded-For', address))
        .status;
    expect(await statusOf(`Bearer ${TEST_KEY}`, '203.0.113.7')).toBe(200);
    for (const status of [401, 401, 429]) expect(await statusOf(WRONG, '203.0.113.7')).toBe(status);
    expect(await statusOf(`Bearer ${TEST_KEY}`, '203.0.113.7')).toBe(200);
    expect(await statusOf(WRONG, '203.0.113.8')).toBe(401);
  });
});

describe('an event loop that runs late', () => {
  it('refuses requests with 503 and Retry-After while the probes answer, and recovers', async () => {
    const server = await serverWith({ MAX_EVENT_LOOP_DELAY_MS: '20' });
    let isBusy = true;
    const block = (): void => {
      const end = performance.now() + 150;
      while (performance.now() < end);
      if (isBusy) setTimeout(block, 1);
    };
    block();
    const refused = await answerOf(server, 503);
    expect(refused.body).toEqual({
      error: { message: expect.any(String), type: 'service_unavailable', param: null, code: 'overloaded' },
    });
    expect(refused.headers['retry-after']).toBe('2');
    for (const path of ['/livez', '/readyz']) expect((await server.get(path)).status).toBe(200);
    isBusy = false;
    await answerOf(server, 200);
  });

  it('is none that ran late before it listened, as it does where a start takes long', async () => {
    const settings = testSettings({ STATE_DB: smallHistory(25), MAX_EVENT_LOOP_DELAY_MS: '1000' });
    const app = await createApp(settings, createLogger('silent'));
    // Late for longer than is averaged over, twice.
    for (let turn = 0; turn < 2; turn++) {
      const end = performance.now() + 1200;
      while (performance.now() < end);
      await sleep(1);
    }
    await app.listen(0, '127.0.0.1');
    const server = TestServer.over(app);
    started.push(server);
    expect((await server.get('/v1/sessions')).status).toBe(200);
  });

  /** Asks until an answer has this status. */
  function answerOf(
    server: TestServer,
    wanted: number,
  ): Promise<{ body: unknown; headers: Readonly<Record<string, string>> }> {
    return first(async () => {
      const response = await server.get('/v1/sessions');
      return response.status === wanted ? response : undefined;
    }, `An answer ${wanted}`);
  }
});

describe('connections', () => {
  const open: Socket[] = [];

  afterEach(() => {
    for (const socket of open.splice(0)) socket.destroy();
  });

  /** A connection, and what came over it once it is closed. */
  async function dial(
    server: TestServer,
  ): Promise<{ readonly socket: Socket; readonly closed: Promise<string> }> {
    const { port } = server.app.getHttpServer().address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    open.push(socket);
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
    socket.on('error', () => undefined);
    const closed = new Promise<string>((done) => {
      socket.on('close', () => {
        done(received);
      });
    });
    await new Promise((connected) => socket.once('connect', connected));
    return { socket, closed };
  }

  it.each([
    ['headers', 'GET /livez HTTP/1.1\r\nHost: a\r\nX-Slow: '],
    [
      'a body',
      `PATCH /v1/sessions/plain HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${TEST_KEY}\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n`,
    ],
  ])('that send %s byte by byte are closed in time, and keep nobody waiting', async (_what, start) => {
    const server = await serverWith({ REQUEST_TIMEOUT_MS: '400' });
    const slow = await Promise.all(Array.from({ length: 50 }, () => dial(server)));
    for (const { socket } of slow) socket.write(start);
    const drip = setInterval(() => {
      for (const { socket } of slow) if (socket.writable) socket.write('x');
    }, 50);
    expect((await server.get('/v1/sessions')).status).toBe(200);
    const answers = await Promise.all(slow.map(({ closed }) => closed));
    clearInterval(drip);
    for (const answer of answers) {
      expect(answer).toMatch(/^HTTP\/1\.1 408 /);
      expect(answer).toContain('"code":"request_timeout"');
    }
    expect((await server.get('/v1/sessions/plain')).body).toMatchObject({ title: 'Garden irrigation' });
  });

  it('that wait for nothing make room for others', async () => {
    const server = await serverWith({ MAX_CONNECTIONS: '2' });
    const [first, ...others] = await Promise.all(Array.from({ length: 33 }, () => dial(server)));
    expect(await first?.closed).toBe('');
    for (const { socket } of others)
      socket.write('GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    for (const { closed } of others) expect(await closed).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  it('that wait for nothing make no more room than others need', async () => {
    const server = await serverWith({ MAX_CONNECTIONS: '40' });
    const resting = await Promise.all(Array.from({ length: 40 }, () => dial(server)));
    let closed = 0;
    for (const { socket } of resting) socket.once('close', () => closed++);
    const { socket, closed: answer } = await dial(server);
    await until(() => closed > 0);
    socket.write('GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(await answer).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(closed).toBe(1);
  });

  it('are not all for one key, nor for one address', async () => {
    const { record, token: other } = createKey({ name: 'ana', scopes: ['sessions:read'] }, new Date());
    const KEYS_FILE = join(temporaryFolder(), 'keys.json');
    writeKeyFile(KEYS_FILE, [record]);
    const server = await serverWith({ MAX_CONNECTIONS: '4', KEYS_FILE, TRUST_PROXY: 'loopback' });
    const url = `${await server.app.getUrl()}/v1/sessions/events`;
    const listen = (key: string, address: string): Promise<Response> =>
      fetch(url, { headers: { authorization: `Bearer ${key}`, 'x-forwarded-for': address } });
    const listening = [await listen(TEST_KEY, '192.0.2.1'), await listen(TEST_KEY, '192.0.2.1')];
    expect(listening.map(({ status }) => status)).toEqual([200, 200]);
    for (const [key, address] of [
      [TEST_KEY, '192.0.2.2'],
      [other, '192.0.2.1'],
    ] as const) {
      const refused = await listen(key, address);
      expect([refused.status, await refused.json()]).toEqual([429, tooMany('rate_limited')]);
      expect(refused.headers.get('retry-after')).toBe('5');
    }
    listening.push(await listen(other, '192.0.2.2'), await listen(other, '192.0.2.2'));
    expect(listening.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const full = await server.get('/v1/sessions').set('X-Forwarded-For', '192.0.2.3');
    expect([full.status, full.body]).toMatchObject([503, { error: { code: 'overloaded' } }]);
    for (const probe of ['/livez', '/readyz', '/health']) expect((await server.get(probe)).status).toBe(200);
    for (const { body } of listening) await body?.cancel();
    await first(async () => {
      const { status } = await server.get('/v1/sessions').set('X-Forwarded-For', '192.0.2.3');
      return status === 200 ? status : undefined;
    }, 'Room after the others have left');
  });
});
