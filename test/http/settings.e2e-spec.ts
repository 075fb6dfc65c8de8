import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { createApp } from '../../src/server.js';
import { buildConsolePage } from '../support/console-page.js';
import { smallHistory } from '../support/histories.js';
import { ServedHistory } from '../support/served.js';
import { temporaryFolder, testSettings, TestServer } from '../support/server.js';

async function withServer(
  environment: Readonly<Record<string, string>>,
  use: (server: TestServer) => Promise<void>,
): Promise<void> {
  const server = await TestServer.start(smallHistory(25), environment);
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

describe('HOST=localhost', () => {
  /** As machines with IPv6 have it. */
  const WITH_IPV6 = `
    const dns = require('node:dns');
    const { lookup } = dns;
    const addresses = [{ address: '127.0.0.1', family: 4 }, { address: '::1', family: 6 }];
    dns.lookup = (host, options, done) =>
      host === 'localhost' && options.all ? done(null, addresses) : lookup(host, options, done);
  `;

  it('is one address: another one would have a server without limits', async () => {
    const path = join(temporaryFolder(), 'with-ipv6.cjs');
    writeFileSync(path, WITH_IPV6);
    const served = await ServedHistory.start(smallHistory(25), {
      HOST: 'localhost',
      NODE_OPTIONS: `--require ${path}`,
    });
    expect(new URL(served.url).hostname).toBe('127.0.0.1');
    expect((await served.get('/livez')).status).toBe(200);
    await expect(fetch(`http://[::1]:${served.port}/livez`)).rejects.toThrow('fetch failed');
    await served.stop();
  });
});

describe('BASE_PATH', () => {
  it('moves every route, the docs and their servers entry', async () => {
    await withServer({ BASE_PATH: '/tools/hermes/' }, async (server) => {
      for (const path of ['/v1/sessions', '/livez', '/docs', '/openapi.json', '/health/detailed']) {
        expect([path, (await server.get(`/tools/hermes${path}`)).status]).toEqual([path, 200]);
        expect([path, (await server.get(path)).status]).toEqual([path, 404]);
      }
      const { body } = await server.get('/tools/hermes/openapi.json');
      expect(body).toMatchObject({ servers: [{ url: '/tools/hermes' }] });
      expect(Object.keys((body as { paths: object }).paths)).toContain('/v1/sessions');
      expect(await server.json('/tools/hermes/v1/capabilities')).toMatchObject({
        endpoints: { sessions_list: { method: 'GET', path: '/tools/hermes/v1/sessions' } },
      });
    });
  });
});

describe('BASE_PATH with segments that clients resolve', () => {
  it.each(['/..', '/./a', '/a/../b', '/a/.'])('refuses %s', (path) => {
    expect(() => testSettings({ BASE_PATH: path })).toThrow(/^BASE_PATH must be/);
  });

  it.each(['/...', '/.well-known/a..b'])('takes %s', (path) => {
    expect(testSettings({ BASE_PATH: path }).BASE_PATH).toBe(path);
  });
});

describe('HERMES_UPSTREAM_KEY', () => {
  const SPACED = 'with space 01234567890';

  it('is named in an error only where it is set', () => {
    const problemsOf = (environment: Readonly<Record<string, string>>): string => {
      try {
        testSettings(environment);
        return '';
      } catch (error) {
        return String(error);
      }
    };
    expect(problemsOf({ API_SERVER_KEY: SPACED })).not.toContain('HERMES_UPSTREAM_KEY');
    expect(problemsOf({ HERMES_UPSTREAM_KEY: SPACED })).toContain('HERMES_UPSTREAM_KEY may hold only');
  });
});

describe('DOCS=off', () => {
  it('removes the page and the document', async () => {
    await withServer({ DOCS: 'off' }, async (server) => {
      expect((await server.get('/docs')).status).toBe(404);
      expect((await server.get('/openapi.json')).status).toBe(404);
      const { endpoints } = await server.json<{ endpoints: object }>('/v1/capabilities');
      expect(Object.keys(endpoints)).not.toContain('docs');
    });
  });
});

describe('CONSOLE=off', () => {
  beforeAll(buildConsolePage);

  it('removes the console, which is there otherwise', async () => {
    const endpointsOf = async (server: TestServer): Promise<readonly string[]> =>
      Object.keys((await server.json<{ endpoints: object }>('/v1/capabilities')).endpoints);
    await withServer({}, async (server) => {
      expect((await server.get('/console/')).status).toBe(200);
      // A part of a page is never wanted, and what is asked for behind its end would be no error that has a code.
      expect((await server.get('/console/').set('Range', 'bytes=9999999-')).status).toBe(200);
      expect((await server.get('/console/sign-in.json')).body).toEqual({ oidc: null });
      expect(await endpointsOf(server)).toContain('console');
    });
    await withServer({ CONSOLE: 'off' }, async (server) => {
      for (const path of ['/console', '/console/', '/console/sign-in.json'])
        expect([path, (await server.get(path)).status]).toEqual([path, 404]);
      expect(await endpointsOf(server)).not.toContain('console');
    });
  });
});

describe('CORS_ORIGINS', () => {
  it('lets the named origins in and no others', async () => {
    await withServer({ CORS_ORIGINS: 'https://a.example, https://b.example' }, async (server) => {
      const preflight = await server.http
        .options('/v1/sessions')
        .set('Origin', 'https://b.example')
        .set('Access-Control-Request-Method', 'GET')
        .set('Access-Control-Request-Headers', 'authorization');
      expect(preflight.status).toBe(204);
      expect(preflight.headers['access-control-allow-origin']).toBe('https://b.example');
      const other = await server.get('/v1/sessions').set('Origin', 'https://c.example');
      // A cache must not give one origin what was answered to another.
      const vary = (other.headers.vary ?? '').toLowerCase().split(/,\s*/);
      expect([...vary].sort()).toEqual(['accept-encoding', 'origin']);
      expect(other.headers['access-control-allow-origin']).toBeUndefined();
    });
  });
});

describe('CORS_ORIGINS with apps', () => {
  it.each([
    'app://obsidian.md',
    'vscode-webview://1a2b3c',
    'capacitor://localhost',
    'chrome-extension://abcdef',
    'http://localhost:5173',
  ])('lets in pages of %s', async (origin) => {
    await withServer({ CORS_ORIGINS: `https://a.example,${origin}` }, async (server) => {
      const { headers } = await server.get('/v1/sessions').set('Origin', origin);
      expect(headers['access-control-allow-origin']).toBe(origin);
      const other = await server.get('/v1/sessions').set('Origin', 'null');
      expect(other.headers).not.toHaveProperty('access-control-allow-origin');
    });
  });

  it.each(['null', 'https://a.example/', 'https://a.example/path', 'a.example', '//a.example', 'app:'])(
    'refuses %s',
    (origin) => {
      expect(() => testSettings({ CORS_ORIGINS: origin })).toThrow(/^CORS_ORIGINS .* without a slash/);
    },
  );

  it.each([
    ['*', '*'],
    ['https://a.example', 'https://a.example'],
    ['https://a.example, https://b.example', undefined],
  ])('%s has pages of %s read why a request cannot be read', async (setting, allowed) => {
    await withServer({ CORS_ORIGINS: setting }, async (server) => {
      const { status, headers } = await server.http
        .get('/livez')
        .set('Origin', 'https://a.example')
        .set('X-Long', 'x'.repeat(40_000));
      expect([status, headers['access-control-allow-origin']]).toEqual([431, allowed]);
    });
  });

  it('answers OPTIONS alike where it is no preflight', async () => {
    await withServer({ CORS_ORIGINS: 'https://a.example' }, async (server) => {
      const { status, text } = await server.http.options('/v1/sessions');
      expect([status, text]).toEqual([204, '']);
    });
  });
});

describe('the log', () => {
  async function logOf(
    environment: Readonly<Record<string, string>>,
    use: (server: ReturnType<typeof TestServer.over>) => Promise<void>,
  ): Promise<readonly Record<string, unknown>[]> {
    const lines: string[] = [];
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        lines.push(...chunk.toString().split('\n').filter(Boolean));
        done();
      },
    });
    const settings = testSettings({ STATE_DB: smallHistory(25), ...environment });
    const app = await createApp(settings, pino({ level: 'debug' }, stream));
    await app.listen(0, '127.0.0.1');
    const server = TestServer.over(app);
    await use(server);
    await server.close();
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  it('has one JSON line a request, without key, query, title or text', async () => {
    const log = await logOf({}, async (server) => {
      await server.get('/v1/sessions?search=tomatoes&title=Garden').set('X-Request-Id', 'first');
      await server.patch('/v1/sessions/plain', { title: 'A private name' });
      await server.http.get('/v1/sessions').set('Authorization', 'Bearer wrong-key-0123456789');
    });
    const requests = log.filter((line) => line.msg === 'request');
    expect(requests).toEqual([
      expect.objectContaining({
        request_id: 'first',
        method: 'GET',
        path: '/v1/sessions',
        status: 200,
        duration_ms: expect.any(Number),
        principal: 'api_server_key',
        remote_address: '127.0.0.1',
      }),
      expect.objectContaining({ method: 'PATCH', path: '/v1/sessions/plain', status: 200 }),
      expect.objectContaining({ status: 401, principal: null }),
    ]);
    expect(JSON.stringify(log)).not.toMatch(/test-key|wrong-key|tomatoes|Garden|private name/);
  });

  it('has one short warning of what a caller asked for and cannot have', async () => {
    const log = await logOf({}, async (server) => {
      expect((await server.post('/v1/runs', {})).status).toBe(501);
    });
    const [refused, ...others] = log.filter(({ level }) => Number(level) > 30);
    expect([refused, others]).toEqual([expect.objectContaining({ level: 40, code: 'agent_needed' }), []]);
    expect(refused).not.toHaveProperty('err');
  });

  it.each([
    ['false', '127.0.0.1'],
    ['127.0.0.1', '203.0.113.7'],
    ['10.0.0.0/8', '127.0.0.1'],
  ])('TRUST_PROXY=%s takes the address of the caller from there: %s', async (setting, address) => {
    const log = await logOf({ TRUST_PROXY: setting }, async (server) => {
      await server.get('/livez').set('X-Forwarded-For', '203.0.113.7');
    });
    expect(log.find((line) => line.msg === 'request')).toMatchObject({ remote_address: address });
  });
});
