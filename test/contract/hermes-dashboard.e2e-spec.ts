import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { hour, onceWritten, smallHistory } from '../support/histories.js';
import { historyOfTwo, keyFileWith } from '../support/people.js';
import { writeHome } from '../support/profiles.js';
import { ORIGIN, TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';

interface List {
  readonly sessions: readonly {
    readonly id: string;
    readonly profile: string;
    readonly pinned: boolean;
    readonly last_active: number;
  }[];
  readonly total: number;
}

const idsOf = ({ sessions }: List): readonly string[] => sessions.map(({ id }) => id);

describe("a request in the words of Hermes's dashboard", () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(smallHistory(25));
  });

  afterAll(() => server.close());

  const list = (query: string): Promise<List> => server.json<List>(`/dashboard/api/sessions?${query}`);

  it('is known by its token, also in a cookie where nothing is changed', async () => {
    const expected = await server.json('/dashboard/api/sessions?limit=2');
    const byHeader = await server.http.get('/api/sessions?limit=2').set('X-Hermes-Session-Token', TEST_KEY);
    expect([byHeader.status, byHeader.body]).toEqual([200, expected]);
    const cookie = `theme=dark; __Host-hermes_session_at=${TEST_KEY}`;
    const byCookie = await server.http.get('/api/sessions?limit=2').set('Cookie', cookie);
    expect([byCookie.status, byCookie.body]).toEqual([200, expected]);
    const change = await server.http
      .patch('/api/sessions/plain')
      .set('Cookie', cookie)
      .send({ title: 'By a page' });
    expect(change.status).toBe(401);
    const wrong = await server.http
      .get('/api/sessions')
      .set('X-Hermes-Session-Token', 'wrong-key-0123456789');
    expect([wrong.status, wrong.body]).toEqual([401, { detail: 'Unauthorized' }]);
  });

  it.each(['Basic dXNlcjpwYXNz', `Bearer ${TEST_KEY}`, 'Bearer another-token-0123456789'])(
    'is known by its token, whatever a proxy or the app says beside it: %s',
    async (authorization) => {
      const expected = await server.json('/dashboard/api/sessions?limit=2');
      for (const path of ['/api/sessions', '/dashboard/api/sessions']) {
        const { status, body } = await server.http
          .get(`${path}?limit=2`)
          .set('Authorization', authorization)
          .set('X-Hermes-Session-Token', TEST_KEY);
        expect([status, body]).toEqual([200, expected]);
      }
    },
  );

  it('lists with the filters that it knows, and passes others over', async () => {
    const all = await list('limit=100&colour=red');
    expect(all).toMatchObject({ total: all.sessions.length, limit: 100, offset: 0 });
    expect(idsOf(await list('archived=only'))).toEqual(['archived']);
    expect((await list('archived=include')).total).toBe(all.total + 1);
    expect(idsOf(await list('source=telegram'))).toEqual(['chain-3']);
    expect(idsOf(await list('sources=telegram,slack&order=recent'))).toEqual(['empty', 'chain-3']);
    const others = await list('exclude_sources=telegram,%20slack&limit=100');
    expect(new Set([...idsOf(others), 'chain-3', 'empty'])).toEqual(new Set(idsOf(all)));
    expect(others.total).toBe(all.total - 2);
    expect(idsOf(await list('min_messages=3'))).toEqual(['plain']);
    const recent = (await list('order=recent&limit=100')).sessions.map(({ last_active: at }) => at);
    expect(recent).toEqual([...recent].sort((a, b) => b - a));
    for (const query of ['archived=maybe', 'order=upwards'])
      expect((await server.get(`/dashboard/api/sessions?${query}`)).status).toBe(400);
  });

  it('shows one session, its way to the newest one, and its messages', async () => {
    expect(await server.json('/dashboard/api/sessions/plain')).toMatchObject({
      ...{ id: 'plain', source: 'cli', archived: 0, pinned: 0, profile: 'default', is_default_profile: true },
    });
    expect(await server.json('/dashboard/api/sessions/chain-2/latest-descendant')).toEqual({
      ...{
        requested_session_id: 'chain-2',
        session_id: 'chain-3',
        path: ['chain-2', 'chain-3'],
        changed: true,
      },
    });
    const read = await server.json<{ messages: readonly object[] }>('/dashboard/api/sessions/plain/messages');
    expect(read.messages[0]).toMatchObject({ role: 'user', active: 1, compacted: 0, display_kind: null });
    expect(await server.json('/dashboard/api/sessions/plain/export')).toMatchObject({
      id: 'plain',
      messages: read.messages,
    });
    for (const path of ['', '/latest-descendant', '/messages', '/export']) {
      const { status, body } = await server.get(`/dashboard/api/sessions/nope${path}`);
      expect([status, body]).toEqual([404, { detail: 'Session not found' }]);
    }
  });

  it('takes the beginning of an id for it where no other id begins so, but for a deletion', async () => {
    expect(await server.json('/dashboard/api/sessions/pla')).toMatchObject({ id: 'plain' });
    expect(await server.json('/dashboard/api/sessions/pl/latest-descendant')).toMatchObject({
      ...{ requested_session_id: 'plain', session_id: 'plain', changed: false },
    });
    for (const path of ['messages', 'export'])
      expect(await server.json(`/dashboard/api/sessions/pla/${path}`)).toEqual(
        await server.json(`/dashboard/api/sessions/plain/${path}`),
      );
    for (const id of ['chain', 'plain-', '%25', 'PLA']) {
      const { status, body } = await server.get(`/dashboard/api/sessions/${id}`);
      expect([status, body]).toEqual([404, { detail: 'Session not found' }]);
    }
    expect((await server.delete('/dashboard/api/sessions/pla')).body).toEqual({
      ok: true,
      already_absent: true,
    });
    // Its API server takes whole ids alone.
    expect((await server.get('/api/sessions/pla')).status).toBe(404);
    expect((await server.get('/v1/sessions/pla')).status).toBe(404);
  });

  it('finds what begins as the words do, and counts', async () => {
    const found = await server.json<{ results: readonly object[] }>(
      '/dashboard/api/sessions/search?q=lighth',
    );
    expect(found.results).toEqual([
      expect.objectContaining({
        session_id: 'chain-3',
        lineage_root: 'chain-1',
        snippet: 'The >>>lighthouse<<< keeper wakes',
      }),
    ]);
    const escaped = await server.json<{ results: readonly object[] }>(
      '/dashboard/api/sessions/search?q=tomatoes',
    );
    expect(escaped.results[0]).toMatchObject({
      snippet: expect.stringContaining('<b>>>>tomatoes<<<</b> & basil'),
    });
    expect(await server.json('/dashboard/api/sessions/search?q=')).toEqual({ results: [] });
    const all = await server.json<{ total: number }>('/v1/sessions?include_children=true&archived=any');
    expect(await server.json('/dashboard/api/sessions/stats')).toMatchObject({
      ...{ total: all.total, archived: 1, active_store: all.total - 1 },
    });
  });

  it('finds the conversation of a session that is named by its id, before all others', async () => {
    const search = async (query: string): Promise<readonly unknown[]> =>
      (await server.json<{ results: readonly unknown[] }>(`/dashboard/api/sessions/search?${query}`)).results;
    const chain = { session_id: 'chain-3', lineage_root: 'chain-1', role: null };
    for (const id of ['chain-1', 'chain-2', '%20chain-3%20'])
      expect(await search(`q=${id}`)).toEqual([expect.objectContaining(chain)]);
    expect((await search('q=plain'))[0]).toMatchObject({ id: 'plain', snippet: expect.any(String) });
    expect(await search('q=chain-1&source=telegram')).toHaveLength(1);
    expect(await search('q=chain-1&source=cli')).toEqual([]);
    expect(await search('q=chain-1&exclude_sources=telegram')).toEqual([]);
    expect(await search('q=chain-9')).toEqual([]);
    // As somebody types it: each conversation once, whichever of its sessions the beginning fits.
    expect(await search('q=chain-')).toEqual([expect.objectContaining(chain)]);
    expect(await search('q=pla')).toContainEqual(expect.objectContaining({ id: 'plain' }));
  });
});

describe("a change in the words of Hermes's dashboard", () => {
  it('renames, flags, deletes, and says what was there already', async () => {
    const server = await TestServer.start(smallHistory(25));
    const path = '/dashboard/api/sessions';
    expect(
      (await server.patch(`${path}/plain`, { title: 'New', pinned: true, profile: 'default' })).body,
    ).toEqual({
      ...{ ok: true, title: 'New', pinned: true },
    });
    const taken = await server.patch(`${path}/branch`, { title: 'New' });
    expect([taken.status, taken.body]).toEqual([
      400,
      { detail: "Title 'New' is already in use by session plain" },
    ]);
    for (const [value, pinned] of [
      ...([
        ['true', true],
        [0, false],
        ['ON', true],
        ['f', false],
      ] as const),
    ])
      expect((await server.patch(`${path}/plain`, { pinned: value })).body).toMatchObject({ pinned });
    expect((await server.patch(`${path}/plain`, { pinned: 'perhaps' })).status).toBe(400);
    expect((await server.patch(`${path}/branch`, {})).body).toEqual({
      detail: "Nothing to update; provide 'title', 'archived', and/or 'pinned'.",
    });
    expect((await server.delete(`${path}/branch`)).body).toEqual({ ok: true });
    expect((await server.delete(`${path}/branch`)).body).toEqual({ ok: true, already_absent: true });
    expect((await server.post(`${path}/bulk-delete`, { ids: ['reset', 'nope', 'reset'] })).body).toEqual({
      ...{ ok: true, deleted: 1 },
    });
    expect((await server.post(`${path}/bulk-delete`, { ids: 'reset' })).status).toBe(400);
    await server.close();
  });

  it('adds sessions that were exported where their history is', async () => {
    const server = await TestServer.start(smallHistory(25));
    const sent = { sessions: [{ id: 'added', messages: [{ role: 'user', content: 'Hello' }] }] };
    const { status, body } = await server.post('/dashboard/api/sessions/import', sent);
    expect([status, body]).toMatchObject(
      ORIGIN === null
        ? [200, { ok: true, imported: 1, imported_ids: ['added'] }]
        : [409, { detail: 'Sessions are made where their history is: ask the Hermes of that host.' }],
    );
    const { status: found } = await server.get('/api/sessions/added');
    expect(found).toBe(ORIGIN === null ? 200 : 404);
    await server.close();
  });

  it('cleans up what is empty and has ended, or has rested for long, and nothing that it was not asked for', async () => {
    const stateDb = onceWritten('to be cleaned up', (file) => {
      const writer = HistoryWriter.create(file, 25);
      const add = (id: string, more: Readonly<Record<string, string | number>>): void => {
        writer.addSession({ id, source: 'cli', started_at: hour(-5000), ...more });
      };
      add('empty-ended', { ended_at: hour(-4999) });
      add('empty-open', {});
      add('empty-archived', { ended_at: hour(-4999), archived: 1 });
      for (const source of ['cron', 'cli']) {
        add(`old-${source}`, { source, ended_at: hour(-4999) });
        writer.addMessage({
          session_id: `old-${source}`,
          role: 'user',
          content: 'Hello',
          timestamp: hour(-4999),
        });
      }
      writer.close();
    });
    const server = await TestServer.start(stateDb);
    const path = '/dashboard/api/sessions';
    expect(await server.json(`${path}/empty/count`)).toEqual({ count: 1 });
    expect((await server.delete(`${path}/empty`)).body).toEqual({ ok: true, deleted: 1 });
    expect(await server.json(`${path}/empty/count`)).toEqual({ count: 0 });
    const refused = await server.post(`${path}/prune`, { older_than_days: 1, colour: 'x' });
    expect([refused.status, refused.body]).toEqual([400, { detail: 'Not known here: colour' }]);
    const asked = { older_than_days: 1, source: 'cron' };
    expect((await server.post(`${path}/prune`, { ...asked, dry_run: true })).body).toMatchObject({
      ...{ ok: true, removed: 0, matched: 1, sessions: [{ id: 'old-cron', message_count: 1 }] },
    });
    expect((await server.post(`${path}/prune`, asked)).body).toEqual({ ok: true, removed: 1 });
    expect((await server.json<List>(path)).sessions.map(({ id }) => id).sort()).toEqual([
      'empty-open',
      'old-cli',
    ]);
    await server.close();
  });
});

describe("profiles in the words of Hermes's dashboard", () => {
  it('are one or all, each row with whose it is', async () => {
    const server = await TestServer.start(join(writeHome(), 'state.db'), { PROFILES: 'on' });
    const all = await server.json<List & { readonly profile_totals: object }>(
      '/dashboard/api/profiles/sessions?limit=3',
    );
    expect(all).toMatchObject({ total: 11, profile_totals: { default: 4, coder: 4, writer: 3 } });
    expect(all.sessions.map(({ id, profile }) => [id, profile])).toEqual([
      ...[
        ['twin', 'default'],
        ['twin', 'coder'],
        ['w9', 'writer'],
      ],
    ]);
    expect(idsOf(await server.json<List>('/dashboard/api/profiles/sessions?limit=3&offset=3'))).toEqual([
      'c8',
      'd7',
      'w6',
    ]);
    expect(idsOf(await server.json<List>('/dashboard/api/sessions?profile=coder'))).toEqual([
      'twin',
      'c8',
      'c5',
      'c2',
    ]);
    expect(await server.json('/dashboard/api/sessions/twin?profile=coder')).toMatchObject({
      profile: 'coder',
    });
    const unknown = await server.get('/dashboard/api/sessions?profile=all');
    expect([unknown.status, unknown.body]).toEqual([404, { detail: "Profile 'all' does not exist." }]);
    const sidebar = await server.json<Readonly<Record<string, List>>>(
      '/dashboard/api/profiles/sessions/sidebar?recents_limit=2',
    );
    expect(sidebar).toMatchObject({
      recents: { profiles_truncated: { default: true, coder: true, writer: true } },
      ...{ cron: { sessions: [] }, messaging: { total: 11 }, errors: [] },
    });
    expect(sidebar.recents?.sessions).toHaveLength(2);
    await server.close();
  });
});

describe("a deletion in the words of Hermes's dashboard", () => {
  it('takes its profile from the body too, as other changes do', async () => {
    const server = await TestServer.start(join(writeHome(), 'state.db'), { PROFILES: 'on' });
    const remove = async (path: string, body: object): Promise<object> =>
      (
        await server.http
          .delete(`/dashboard/api/sessions/${path}`)
          .set('Authorization', `Bearer ${TEST_KEY}`)
          .send(body)
      ).body as object;
    expect(await remove('d1', { profile: 'coder' })).toEqual({ ok: true, already_absent: true });
    expect(await remove('twin', { profile: 'coder', force: true })).toEqual({ ok: true });
    expect(await remove('empty', { profile: 'coder' })).toEqual({ ok: true, deleted: 0 });
    expect(await remove('empty', { profile: 'nobody' })).toEqual({
      detail: "Profile 'nobody' does not exist.",
    });
    const left = async (profile: string): Promise<readonly string[]> =>
      idsOf(await server.json<List>(`/dashboard/api/sessions?profile=${profile}`));
    expect(await left('coder')).toEqual(['c8', 'c5', 'c2']);
    expect(await left('default')).toEqual(['twin', 'd7', 'd4', 'd1']);
    // One name, several times, is still one.
    expect(await remove('c2?profile=coder&profile=coder', { profile: 'coder' })).toEqual({ ok: true });
    expect(await left('coder')).toEqual(['c8', 'c5']);
    for (const [path, body] of [
      ['twin?profile=writer&profile=default', {}],
      ['twin?profile=default', { profile: 'writer' }],
      ['empty?profile=writer&profile=default', {}],
    ] as const)
      expect(await remove(path, body)).toEqual({ detail: 'Name only one profile.' });
    expect(await left('default')).toEqual(['twin', 'd7', 'd4', 'd1']);
    await server.close();
  });
});

describe("what the dashboard's lists leave out", () => {
  it('comes where it is asked for, to whoever may know of everything', async () => {
    const path = onceWritten('prompted', (file) => {
      const writer = HistoryWriter.create(file, 25);
      writer.addSession({
        ...{
          id: 'first',
          source: 'cli',
          user_id: 'ana',
          started_at: hour(1),
          ended_at: hour(2),
          end_reason: 'compression',
        },
        ...{ system_prompt: 'You begin.', model_config: '{"effort":"high"}' },
      });
      writer.addSession({
        ...{ id: 'last', source: 'cli', user_id: 'ana', started_at: hour(3), parent_session_id: 'first' },
        ...{ system_prompt: 'You go on.', model_config: '{"effort":"low"}' },
      });
      writer.close();
    });
    const keys = keyFileWith({ scopes: ['sessions:read'], user_id: 'ana' });
    const server = await TestServer.start(path, { KEYS_FILE: keys.path });
    const first = async (asked: TestServer, query: string): Promise<object> => {
      const { sessions } = await asked.json<{ sessions: readonly [object] }>(`/dashboard/api/${query}`);
      return sessions[0];
    };
    for (const list of ['sessions', 'profiles/sessions']) {
      expect(await first(server, list)).not.toHaveProperty('system_prompt');
      const isHere = ORIGIN === null;
      expect(await first(server, `${list}?full=1`)).toMatchObject({
        id: 'last',
        // A database has neither.
        ...(isHere
          ? { system_prompt: 'You go on.', model_config: '{"effort":"high"}' }
          : { system_prompt: null, model_config: null }),
      });
      expect(await first(server.as(keys.token), `${list}?full=1`)).toMatchObject({
        ...{ id: 'last', system_prompt: null, model_config: null },
      });
    }
    await server.close();
  });
});

describe("a limited key in the words of Hermes's dashboard", () => {
  it('knows of nothing else, and may do what it may do', async () => {
    const keys = keyFileWith({ scopes: ['sessions:read'], user_id: 'ana' });
    const server = await TestServer.start(historyOfTwo(), { KEYS_FILE: keys.path });
    const ana = server.as(keys.token);
    const paths = [
      'sessions?limit=100',
      'profiles/sessions',
      'profiles/sessions/sidebar',
      'sessions/search?q=things',
    ];
    for (const path of [
      ...paths,
      'sessions/stats',
      'sessions/ana-1',
      'sessions/ana-4/messages',
      'sessions/ana-5/export',
    ]) {
      const { status, text } = await ana.get(`/dashboard/api/${path}`);
      expect([path, status, text.includes('zebra')]).toEqual([path, 200, false]);
    }
    for (const path of [
      '/dashboard/api/sessions/zebra-1',
      '/api/sessions/zebra-1',
      '/api/sessions/zebra-1/messages',
      '/dashboard/api/sessions/nobod',
    ])
      expect([path, (await ana.get(path)).status]).toEqual([path, 404]);
    expect((await server.get('/dashboard/api/sessions/nobod')).status).toBe(200);
    expect((await ana.get('/api/sessions?limit=200&include_children=true')).text).not.toContain('zebra');
    for (const [method, path] of [
      ...([
        ['patch', '/ana-1'],
        ['delete', '/ana-1'],
        ['post', '/bulk-delete'],
        ['post', '/prune'],
        ['delete', '/empty'],
      ] as const),
    ]) {
      const { status, body } = await ana.send(method, `/dashboard/api/sessions${path}`, {});
      expect([path, status, body]).toEqual([path, 403, { detail: expect.stringContaining('scope') }]);
    }
    await server.close();
  });
});
