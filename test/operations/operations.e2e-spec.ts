import { jest } from '@jest/globals';
import { renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SCHEMA_VERSIONS } from '../../src/demo/state-db/schema.js';
import type { KeyRequest } from '../../src/auth/key-file.js';
import type { ProfileListResponse } from '../../src/profiles/profile-list.response.js';
import { StoreHealth } from '../../src/sessions/store-health.js';
import { smallHistory, withManySessions } from '../support/histories.js';
import { serverWithLog } from '../support/log.js';
import { keyFileWith } from '../support/people.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/wait.js';

/** What capabilities name for people to look at, or for agents, which is no part of the API. */
const PAGES = ['/docs', '/openapi.json', '/console/', '/mcp'];

it('a history that Hermes keeps elsewhere by now is said to stand still, in the log and to operators', async () => {
  const path = smallHistory(25);
  writeFileSync(join(dirname(path), 'config.yaml'), 'sessions:\n  state_backend: postgres\n');
  const { server, log } = await serverWithLog({ STATE_DB: path });
  const reason = expect.stringMatching(/^Hermes keeps its history in PostgreSQL .*state\.db stands still/);
  expect(await server.json('/health/detailed')).toMatchObject({ store: { stale_reason: reason } });
  expect(log).toContainEqual(
    expect.objectContaining({ level: 'warn', msg: expect.stringContaining('state.db stands still') }),
  );
  await server.close();
});

describe.each(SCHEMA_VERSIONS)('operations on schema version %d', (version) => {
  let path: string;
  let server: TestServer;

  beforeAll(async () => {
    path = smallHistory(version, version === 16 ? 'delete' : 'wal');
    server = await TestServer.start(path);
    await server.json('/v1/sessions');
  });

  afterAll(() => server.close());

  it('the probes answer', async () => {
    expect(await server.json('/livez')).toEqual({ status: 'ok' });
    expect(await server.json('/readyz')).toEqual({ status: 'ready', reason: null });
    expect(await server.json('/health')).toEqual({
      status: 'ok',
      platform: 'hermes-agent',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
  });

  it('detailed health says what is served', async () => {
    expect(await server.json('/health/detailed')).toEqual({
      status: 'ok',
      platform: 'hermes-agent',
      version: expect.any(String),
      uptime_seconds: expect.any(Number),
      store: {
        kind: 'hermes',
        schema_version: version,
        journal_mode: version === 16 ? 'delete' : 'wal',
        sessions: 13,
        messages: 18,
        active_sessions: expect.any(Number),
        index_age_seconds: expect.any(Number),
        stale_reason: null,
        unreadable_sessions: 0,
      },
    });
  });

  it('capabilities say what this history allows', async () => {
    expect(await server.json('/v1/capabilities')).toMatchObject({
      object: 'hermes.api_server.capabilities',
      platform: 'hermes-agent',
      auth: { type: 'bearer', required: true },
      features: {
        chat_completions: false,
        responses_api: false,
        run_submission: false,
        sessions_api: true,
        sessions_search: true,
        sessions_rename: true,
        sessions_archive: version >= 16,
        sessions_pin: version >= 25,
        sessions_delete: true,
        sessions_events: true,
      },
    });
  });

  it('every endpoint that capabilities name exists, and the document has them all', async () => {
    const { endpoints } = await server.json<{ endpoints: Record<string, { method: string; path: string }> }>(
      '/v1/capabilities',
    );
    const { paths } = await server.json<{ paths: Record<string, Record<string, unknown>> }>('/openapi.json');
    for (const { method, path: route } of Object.values(endpoints)) {
      if (PAGES.includes(route)) continue;
      expect(Object.keys(paths[route] ?? {})).toContain(method.toLowerCase());
    }
    const documented = Object.entries(paths).flatMap(([route, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${route}`),
    );
    const known = Object.values(endpoints).map(({ method, path: route }) => `${method} ${route}`);
    // Some have two names: this server's, and that which Hermes's API server gives them.
    const named = new Set(known.filter((route) => !PAGES.some((page) => route.endsWith(page))));
    expect(documented.filter((route) => !/livez|readyz/.test(route)).sort()).toEqual([...named].sort());
  });

  it('says so when the history is gone, and recovers when it is back', async () => {
    renameSync(path, `${path}.away`);
    const gone = await server.get('/v1/sessions');
    expect(gone.status).toBe(503);
    expect(gone.body).toMatchObject({ error: { code: 'store_unavailable' } });
    expect(gone.headers['retry-after']).toBe('5');
    const ready = await server.get('/readyz');
    expect(ready.status).toBe(503);
    expect(ready.body).toEqual({ status: 'not_ready', reason: expect.stringContaining('is missing') });
    expect((await server.get('/livez')).status).toBe(200);
    renameSync(`${path}.away`, path);
    expect((await server.get('/v1/sessions')).status).toBe(200);
  });
});

/** How many ask at a time. */
const ASKING = 40;

it.each(['/readyz', '/metrics'])('looks once for all who ask for %s at a time', async (path) => {
  const server = await TestServer.start(smallHistory(25), { METRICS: 'public' });
  await until(async () => (await server.get('/readyz')).status === 200);
  const health = server.app.get(StoreHealth, { strict: false });
  let looks = 0;
  let asked = 0;
  server.app.getHttpServer().on('request', () => asked++);
  for (const method of ['readiness', 'measurements'] as const) {
    const look = health[method].bind(health) as () => Promise<never>;
    jest.spyOn(health, method).mockImplementation(async () => {
      looks++;
      // All of them ask while the first look lasts, however slowly they come.
      await until(() => asked >= ASKING);
      return look();
    });
  }
  const answers = await Promise.all(Array.from({ length: ASKING }, () => server.http.get(path)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  // What has arrived may be read after the look has ended.
  expect(looks).toBeLessThan(ASKING / 4);
  await server.close();
});

describe('while the index is being built', () => {
  /** So many that this takes far longer than the first request. */
  const MANY = 6000;

  it('readiness says so and nothing of the history, sessions can be read, and lists wait for it', async () => {
    const server = await TestServer.start(withManySessions(smallHistory(25), MANY));
    try {
      const early = await server.get('/readyz');
      expect(early.status).toBe(503);
      expect(early.body).toEqual({
        status: 'not_ready',
        reason: 'The index is being built.',
      });
      expect(await server.json('/v1/sessions/plain/messages')).toMatchObject({ total: 4 });
      expect(await server.json('/v1/sessions?archived=any&include_children=true')).toMatchObject({
        total: MANY + 13,
      });
      expect(await server.json('/readyz')).toEqual({ status: 'ready', reason: null });
    } finally {
      await server.close();
    }
  });

  it.each<[string, Partial<KeyRequest>, RegExp]>([
    ['everything', {}, /^The index is being built\. \d+ of \d+ sessions are in it\.$/],
    ['a profile', { profiles: ['default'] }, /^The index is being built\. \d+ of \d+ sessions are in it\.$/],
    ['a user', { user_id: 'ana' }, /^The index is being built\.$/],
    ['a platform', { platforms: ['cli'] }, /^The index is being built\.$/],
  ])(
    'the profiles say how far it is to who may know of all its sessions: %s',
    async (_what, request, reason) => {
      const keys = keyFileWith(request);
      const server = await TestServer.start(withManySessions(smallHistory(25)), { KEYS_FILE: keys.path });
      const { data } = await server.as(keys.token).json<ProfileListResponse>('/v1/profiles');
      expect(data).toEqual([
        expect.objectContaining({ status: 'building', reason: expect.stringMatching(reason) }),
      ]);
      await server.close();
    },
  );
});
