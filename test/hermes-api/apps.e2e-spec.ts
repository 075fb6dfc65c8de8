import { smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';

type Json = Readonly<Record<string, unknown>>;

const BEARER = { authorization: `Bearer ${TEST_KEY}` };
const TOKEN = { 'x-hermes-session-token': TEST_KEY };

/** What an app sends, and what it reads of the answer. */
interface Exchange {
  readonly method?: 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Json;
  readonly status?: number;
  readonly reads: Json;
}

const ROW = { id: expect.any(String), source: expect.any(String), started_at: expect.any(Number) };
const LISTED = {
  ...ROW,
  last_active: expect.any(Number),
  message_count: expect.any(Number),
  preview: expect.any(String),
};
const MESSAGE = { id: expect.any(Number), role: expect.any(String), timestamp: expect.any(Number) };
const SESSION = { object: 'hermes.session', session: expect.objectContaining({ id: 'plain' }) };

/** Requests as the public sources of these apps make them, each app on a history of its own, in order. */
const APPS: Readonly<Record<string, readonly Exchange[]>> = {
  'savio22/hermes-raycast': [
    { path: '/health', headers: {}, reads: { status: 'ok', platform: 'hermes-agent' } },
    { path: '/v1/capabilities', reads: { features: expect.any(Object) } },
    { path: '/api/sessions?limit=1', reads: { data: [expect.objectContaining(ROW)] } },
    {
      ...{ method: 'POST', path: '/api/sessions', status: 201 },
      body: { source: 'desktop', title: 'From Raycast' },
      reads: { session: expect.objectContaining({ source: 'desktop', title: 'From Raycast' }) },
    },
    {
      path: '/api/sessions/plain/messages?limit=50&order=latest',
      reads: { data: expect.arrayContaining([expect.objectContaining(MESSAGE)]) },
    },
    {
      ...{ method: 'POST', path: '/api/sessions/plain/fork', status: 201 },
      body: {},
      reads: { session: expect.objectContaining({ parent_session_id: 'plain' }) },
    },
  ],
  'TrebuchetDynamics/hermes-wing': [
    {
      path: '/v1/capabilities',
      reads: {
        endpoints: expect.objectContaining({
          session_create: { method: 'POST', path: '/api/sessions' },
          session_update: { method: 'PATCH', path: '/api/sessions/{session_id}' },
          session_delete: { method: 'DELETE', path: '/api/sessions/{session_id}' },
          session_fork: { method: 'POST', path: '/api/sessions/{session_id}/fork' },
        }),
      },
    },
    { path: '/api/sessions', reads: { data: expect.arrayContaining([expect.objectContaining(ROW)]) } },
    { method: 'PATCH', path: '/api/sessions/plain', body: { title: 'By Wing' }, reads: SESSION },
    { method: 'DELETE', path: '/api/sessions/plain', reads: { id: 'plain', deleted: true } },
  ],
  'Codename-11/hermes-relay, by an API key': [
    { path: '/api/sessions?limit=1', reads: { data: [expect.objectContaining(ROW)] } },
    { path: '/api/sessions?limit=100&offset=0', reads: { limit: 100, has_more: false } },
    {
      path: '/api/sessions/plain/messages?limit=100&offset=0&order=latest',
      reads: { pagination: { limit: 100, offset: 0, order: 'latest', returned: 4 } },
    },
    { path: '/api/sessions/plain', reads: SESSION },
    { method: 'PATCH', path: '/api/sessions/plain', body: { title: 'By Relay' }, reads: SESSION },
  ],
  'andyst-dev/hermes-ios, its bridge': [
    {
      ...{ path: '/api/sessions?limit=50&archived=exclude', headers: TOKEN },
      reads: { sessions: expect.arrayContaining([expect.objectContaining(ROW)]) },
    },
    {
      ...{ path: '/api/sessions/plain/messages', headers: TOKEN },
      reads: { messages: expect.arrayContaining([expect.objectContaining(MESSAGE)]) },
    },
    {
      ...{ method: 'PATCH', path: '/api/sessions/plain', headers: TOKEN, body: { archived: true } },
      reads: { ok: true, archived: true },
    },
  ],
  'goncharik/hermes-mobile': [
    { path: '/api/status', headers: {}, reads: { version: expect.any(String), auth_required: false } },
    {
      ...{ path: '/api/auth/providers', headers: {}, status: 404 },
      reads: { error: { code: 'route_not_found' } },
    },
    {
      ...{ path: '/api/sessions?limit=30&offset=0&order=recent', headers: TOKEN },
      reads: {
        sessions: expect.arrayContaining([expect.objectContaining(LISTED)]),
        total: expect.any(Number),
      },
    },
    {
      ...{ path: '/api/sessions?limit=30&offset=0&archived=only', headers: TOKEN },
      reads: { sessions: [expect.objectContaining({ id: 'archived' })] },
    },
    {
      ...{ path: '/api/sessions/search?q=lighthouse', headers: TOKEN },
      reads: { results: [expect.objectContaining({ session_id: 'chain-3', lineage_root: 'chain-1' })] },
    },
    {
      ...{ method: 'PATCH', path: '/api/sessions/plain?profile=default', headers: TOKEN },
      ...{ body: { title: 'By the phone', profile: 'default' }, reads: { ok: true, title: 'By the phone' } },
    },
    {
      ...{ method: 'DELETE', path: '/api/sessions/plain?profile=default', headers: TOKEN },
      reads: { ok: true },
    },
    {
      ...{ method: 'DELETE', path: '/api/sessions/plain', headers: TOKEN },
      reads: { ok: true, already_absent: true },
    },
  ],
  'abhibansal-sg/hermes-mobile': [
    { path: '/api/status', headers: TOKEN, reads: { gateway_running: false, active_sessions: 0 } },
    {
      path: '/api/profiles',
      headers: TOKEN,
      reads: { profiles: [expect.objectContaining({ name: 'default' })] },
    },
    {
      ...{
        path: '/api/sessions?limit=100&order=recent&archived=exclude&min_messages=1&exclude_sources=cron,subagent&cwd_prefix=/srv',
        headers: TOKEN,
      },
      reads: { sessions: [], total: 0 },
    },
    {
      path: '/api/profiles/sessions?profile=all&limit=150&offset=0&order=recent&archived=exclude&exclude_sources=cron',
      ...{ headers: TOKEN, reads: { limit: 150, profile_totals: { default: expect.any(Number) } } },
    },
    {
      ...{ path: '/api/sessions/plain/messages?shape=skeleton', headers: TOKEN },
      reads: { messages: expect.arrayContaining([expect.objectContaining(MESSAGE)]) },
    },
    {
      ...{ path: '/api/sessions/search?q=lighthouse&limit=20&scope=all', headers: TOKEN },
      reads: { results: [expect.objectContaining({ session_id: 'chain-3', snippet: expect.any(String) })] },
    },
    {
      ...{ method: 'PATCH', path: '/api/sessions/plain', headers: TOKEN, body: { archived: true } },
      reads: { ok: true, archived: true },
    },
  ],
  'nesquena/hermes-webui, its gateway': [
    { path: '/health', headers: {}, reads: { status: 'ok' } },
    { path: '/v1/health', headers: {}, reads: { status: 'ok' } },
    {
      path: '/v1/capabilities',
      // Nobody can be asked for an approval where no agent is.
      reads: { features: expect.not.objectContaining({ approval_events: true }) },
    },
    { path: '/v1/models', status: 404, reads: { error: { code: 'route_not_found' } } },
    { method: 'POST', path: '/v1/runs', body: {}, status: 501, reads: { error: { code: 'agent_needed' } } },
  ],
  'what pages through whole transcripts of the API server': [
    {
      path: '/api/sessions/plain/messages?order=oldest&limit=500&offset=0&include_compacted=true',
      reads: {
        data: expect.arrayContaining([expect.objectContaining(MESSAGE)]),
        pagination: { returned: 4 },
      },
    },
    {
      ...{ path: '/api/sessions/nope/messages?order=oldest&limit=500&offset=0', status: 404 },
      reads: { error: { code: 'session_not_found' } },
    },
  ],
  "Hermes's own desktop": [
    {
      path: '/api/profiles/sessions/sidebar?recents_profile=default&recents_limit=20&cron_limit=50&messaging_limit=100&recents_exclude=cron',
      headers: TOKEN,
      reads: {
        recents: {
          sessions: expect.arrayContaining([expect.objectContaining({ ...ROW, profile: 'default' })]),
          profiles_truncated: { default: false },
          profiles_usage: { default: { tokens: expect.any(Number), cost_usd: expect.any(Number) } },
        },
        ...{ cron: { sessions: [] }, errors: [] },
      },
    },
    {
      path: '/api/profiles/sessions?limit=200&offset=0&order=recent&min_messages=1&archived=include&profile=all',
      headers: TOKEN,
      reads: { profile_totals: { default: expect.any(Number) } },
    },
    {
      ...{ path: '/api/sessions/chain-1?profile=default', headers: TOKEN },
      reads: { id: 'chain-1', profile: 'default', is_default_profile: true },
    },
    {
      path: '/api/sessions/chain-1/messages?profile=default&limit=120&order=latest&include_compacted=true',
      headers: TOKEN,
      reads: { session_id: 'chain-3', pagination: expect.objectContaining({ order: 'latest', limit: 120 }) },
    },
    {
      ...{ path: '/api/sessions/search?q=lighthouse', headers: TOKEN },
      reads: { results: [expect.objectContaining({ session_id: 'chain-3', lineage_root: 'chain-1' })] },
    },
    {
      ...{ method: 'PATCH', path: '/api/sessions/plain', headers: TOKEN },
      ...{ body: { unread: false, profile: 'default' }, reads: { ok: true, unread: false } },
    },
    {
      ...{ method: 'POST', path: '/api/sessions/prune', headers: TOKEN },
      ...{ body: { older_than_days: 30, source: 'cli', dry_run: true }, reads: { ok: true, removed: 0 } },
    },
    {
      ...{ method: 'DELETE', path: '/api/sessions/gone?profile=default', headers: TOKEN },
      reads: { ok: true, already_absent: true },
    },
  ],
};

describe.each(Object.entries(APPS))('what is asked by %s', (_app, exchanges) => {
  it('is answered with what it reads', async () => {
    const server = await TestServer.onFile(smallHistory(25));
    const url = await server.app.getUrl();
    for (const { method = 'GET', path, headers = BEARER, body, status = 200, reads } of exchanges) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      expect([path, response.status, await response.json()]).toMatchObject([path, status, reads]);
    }
    await server.close();
  });
});

/** The routes about sessions in the public source of Hermes's dashboard, but for those that `docs/clients.md` names as not answered. */
const DASHBOARD_ROUTES = [
  ...['GET /api/sessions', 'GET /api/sessions/search?q=x', 'GET /api/sessions/stats', 'GET /api/status'],
  ...['GET /api/sessions/empty/count', 'DELETE /api/sessions/empty', 'POST /api/sessions/bulk-delete'],
  ...['POST /api/sessions/import', 'POST /api/sessions/prune', 'GET /api/profiles'],
  ...['GET /api/profiles/sessions', 'GET /api/profiles/sessions/sidebar', 'GET /api/sessions/plain'],
  ...['GET /api/sessions/plain/latest-descendant', 'GET /api/sessions/plain/messages'],
  ...['GET /api/sessions/plain/export', 'PATCH /api/sessions/plain', 'DELETE /api/sessions/plain'],
];

describe("the routes of Hermes's dashboard", () => {
  it('are all there', async () => {
    const server = await TestServer.onFile(smallHistory(25));
    const url = await server.app.getUrl();
    for (const route of DASHBOARD_ROUTES) {
      const [method, path] = route.split(' ');
      const { status } = await fetch(`${url}${path ?? ''}`, { method, headers: TOKEN });
      expect([200, 400]).toContain(status);
    }
    await server.close();
  });
});
