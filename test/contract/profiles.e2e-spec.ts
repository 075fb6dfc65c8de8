import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { ProfileListResponse } from '../../src/profiles/profile-list.response.js';
import type { PruneSessionsResponse } from '../../src/sessions/dto/prune-sessions.response.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { hour } from '../support/histories.js';
import { addConversation, NEWEST_FIRST, writeHome, writeProfile } from '../support/profiles.js';
import { ORIGIN, temporaryFolder, TestServer } from '../support/server.js';

describe('several profiles of thousands of sessions', () => {
  let server: TestServer;
  const [short, long] = [900, 1700];

  beforeAll(async () => {
    const home = temporaryFolder();
    const sessionsOf = (letter: string, count: number, first: number): Readonly<Record<string, number>> =>
      Object.fromEntries(Array.from({ length: count }, (_session, at) => [`${letter}${at}`, first + at * 3]));
    writeProfile(home, sessionsOf('d', long, 0));
    writeProfile(join(home, 'profiles', 'coder'), sessionsOf('c', short, 1));
    writeProfile(join(home, 'profiles', 'writer'), sessionsOf('w', long, 2));
    server = await TestServer.start(join(home, 'state.db'), { PROFILES: 'on' });
    await server.json('/v1/sessions');
  });

  afterAll(() => server.close());

  it.each(['sort=started_at', 'search=rhubarb&sort=-started_at', 'title=nowhere', 'platform=cli'])(
    'are paged through by offset as by cursor: %s',
    async (query) => {
      const whole: string[] = [];
      let total = 0;
      for (let after: string | null = ''; after !== null;) {
        const page: SessionListResponse = await server.json(
          `/v1/sessions?limit=200&${query}${after === '' ? '' : `&after=${after}`}`,
        );
        whole.push(...page.data.map(({ id }) => id));
        ({ total } = page);
        after = page.next_cursor;
      }
      expect(whole).toHaveLength(total);
      for (const offset of [1, 1999, 2001, 3333, total - 1, total, total + 5000, Number.MAX_SAFE_INTEGER]) {
        if (offset < 0) continue;
        const page: SessionListResponse = await server.json(`/v1/sessions?limit=2&${query}&offset=${offset}`);
        expect([offset, page.data.map(({ id }) => id)]).toEqual([offset, whole.slice(offset, offset + 2)]);
        expect(page.total).toBe(total);
      }
    },
  );
});

describe('several profiles', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(join(writeHome(), 'state.db'), { PROFILES: 'on' });
    // What is said of profiles while their indexes are being built is another matter.
    await server.json('/v1/sessions');
  });

  afterAll(() => server.close());

  const list = (query: string): Promise<SessionListResponse> => server.json(`/v1/sessions?${query}`);
  const ids = async (query: string): Promise<readonly string[]> =>
    (await list(query)).data.map(({ id }) => id);

  it('are listed together, each session with its profile', async () => {
    const { data, total, has_more } = await list('limit=200');
    expect(data.map(({ id }) => id)).toEqual(NEWEST_FIRST);
    expect([total, has_more]).toEqual([11, false]);
    for (const { id, profile } of data.filter((session) => session.id !== 'twin')) {
      expect([id, profile]).toEqual([id, { d: 'default', c: 'coder', w: 'writer' }[id.charAt(0)]]);
    }
    expect(
      data
        .slice(0, 2)
        .map(({ profile }) => profile)
        .sort(),
    ).toEqual(['coder', 'default']);
  });

  it.each(['-last_active_at', 'last_active_at', '-started_at', 'started_at'])(
    'are paged through by cursor and by offset without a gap, sorted by %s',
    async (sort) => {
      const whole = (await list(`limit=200&sort=${sort}`)).data;
      for (const limit of [1, 2, 3, 4]) {
        const byCursor: unknown[] = [];
        for (let after: string | null = ''; after !== null;) {
          const page = await list(`limit=${limit}&sort=${sort}${after === '' ? '' : `&after=${after}`}`);
          expect(page.total).toBe(11);
          byCursor.push(...page.data);
          after = page.next_cursor;
        }
        expect(byCursor).toEqual(whole);
        for (let offset = 0; offset <= 12; offset++) {
          const page = await list(`limit=${limit}&sort=${sort}&offset=${offset}`);
          expect(page.data).toEqual(whole.slice(offset, offset + limit));
          expect([page.total, page.has_more]).toEqual([11, offset + limit < 11]);
        }
      }
    },
  );

  it('are searched together', async () => {
    const found = await list('search=rhubarb&limit=3&offset=4&sort=-started_at');
    expect(found.data.map(({ id }) => id)).toEqual(NEWEST_FIRST.slice(4, 7));
    expect(found).toMatchObject({ total: 11, has_more: true });
    expect(found.data[0]?.match?.snippet).toContain('<mark>Rhubarb</mark>');
    expect((await list('search=rhubarb')).data).toHaveLength(11);
    expect(await ids('search=c5')).toEqual(['c5']);
  });

  it.each([
    ['profile=writer', ['w9', 'w6', 'w3']],
    ['profile=coder,writer', ['twin', 'w9', 'c8', 'w6', 'c5', 'w3', 'c2']],
    ['profile=nobody', []],
    ['profile=nobody&offset=5000', []],
    ['title=Title of w6', ['w6']],
    ['profile=coder&search=d4', []],
  ])('are filtered by %s', async (query, expected) => {
    expect(await ids(query)).toEqual(expected);
  });

  it.each([
    ['GET /v1/sessions/twin', () => server.get('/v1/sessions/twin')],
    ['GET /v1/sessions/twin/messages', () => server.get('/v1/sessions/twin/messages')],
    ['PATCH', () => server.patch('/v1/sessions/twin', { archived: true })],
    ['DELETE', () => server.delete('/v1/sessions/twin')],
  ])('ask which is meant where an id occurs twice: %s', async (_name, send) => {
    const { status, body } = await send();
    expect(status).toBe(409);
    expect(body).toMatchObject({ error: { code: 'ambiguous_session', param: 'profile' } });
    expect(await ids('limit=2')).toEqual(['twin', 'twin']);
  });

  it('are described', async () => {
    expect(await server.json<ProfileListResponse>('/v1/profiles')).toEqual({
      object: 'list',
      data: [
        ['default', 4],
        ['coder', 4],
        ['writer', 3],
      ].map(([name, conversations]) => ({
        name,
        origin: ORIGIN,
        object: 'hermes.profile',
        is_default: name === 'default',
        status: 'ready',
        reason: null,
        conversations,
        shipping: ORIGIN === null ? null : expect.objectContaining({ held_sessions: 0, warning: null }),
      })),
      total: 3,
      has_more: false,
    });
    expect(await server.json('/health/detailed')).toMatchObject({ store: { sessions: 11, messages: 11 } });
  });
});

describe('several profiles of which something changes', () => {
  let home: string;
  let server: TestServer;

  beforeEach(async () => {
    home = writeHome();
    server = await TestServer.start(join(home, 'state.db'), { PROFILES: 'on' });
  });

  afterEach(() => server.close());

  const list = (query: string): Promise<SessionListResponse> => server.json(`/v1/sessions?${query}`);
  const ids = async (query: string): Promise<readonly string[]> =>
    (await list(query)).data.map(({ id }) => id);

  it('show and change a session wherever it is', async () => {
    expect(await server.json('/v1/sessions/w6')).toMatchObject({ id: 'w6', profile: 'writer' });
    expect(await server.json('/v1/sessions/c5/messages')).toMatchObject({ total: 1 });
    expect((await server.patch('/v1/sessions/w6', { title: 'Renamed' })).body).toMatchObject({
      title: 'Renamed',
      profile: 'writer',
    });
    expect((await server.delete('/v1/sessions/c5')).status).toBe(200);
    expect(await ids('limit=200')).toEqual(NEWEST_FIRST.filter((id) => id !== 'c5'));
    expect((await server.get('/v1/sessions/w6?profile=coder')).status).toBe(404);
    expect((await server.get('/v1/sessions/nobody')).status).toBe(404);
  });

  it('change only the named one where an id occurs twice', async () => {
    expect((await server.patch('/v1/sessions/twin?profile=coder', { title: 'Mine' })).status).toBe(200);
    expect(await server.json('/v1/sessions/twin?profile=coder')).toMatchObject({ title: 'Mine' });
    expect(await server.json('/v1/sessions/twin?profile=default')).toMatchObject({ title: 'Title of twin' });
    expect((await server.delete('/v1/sessions/twin?profile=default')).status).toBe(200);
    expect(await server.json('/v1/sessions/twin')).toMatchObject({ profile: 'coder', title: 'Mine' });
  });

  it('are changed in bulk, each id where it is', async () => {
    const { body } = await server.post('/v1/sessions/bulk', {
      action: 'archive',
      ids: ['w3', 'twin', 'd1', 'nobody', 'c2'],
    });
    expect(body).toMatchObject({
      succeeded: 3,
      failed: 2,
      data: [
        { id: 'w3', ok: true },
        { id: 'twin', ok: false, error: { code: 'ambiguous_session' } },
        { id: 'd1', ok: true },
        { id: 'nobody', ok: false, error: { code: 'session_not_found' } },
        { id: 'c2', ok: true },
      ],
    });
    expect(await list('limit=1')).toMatchObject({ total: 8, hidden: { archived: 3 } });
    const named = await server.post('/v1/sessions/bulk', {
      action: 'delete',
      ids: ['twin'],
      profile: 'coder',
    });
    expect(named.body).toMatchObject({ succeeded: 1 });
    expect(await server.json('/v1/sessions/twin')).toMatchObject({ profile: 'default' });
  });

  it('are pruned together', async () => {
    const dry = (await server.post('/v1/sessions/prune', { max_messages: 5 })).body as PruneSessionsResponse;
    expect(dry).toMatchObject({ count: 11, messages: 11 });
    // Those that nothing happened in for the longest time first, whichever profile they are in.
    expect(dry.ids).toEqual([...NEWEST_FIRST].reverse());
    // One id is in two of them.
    expect(dry.conversations.map(({ id }) => id)).toEqual(dry.ids);
    const twins = dry.conversations.filter(({ id }) => id === 'twin');
    expect(twins.toSorted((one, other) => (one.profile < other.profile ? -1 : 1))).toEqual(
      ['coder', 'default'].map((profile) => ({ id: 'twin', profile, origin: ORIGIN })),
    );
    const { body } = await server.post('/v1/sessions/prune', {
      max_messages: 5,
      dry_run: false,
      plan: dry.plan,
    });
    expect(body).toMatchObject({ count: 11, remaining: 0, failed: [], plan: null });
    expect(await list('')).toMatchObject({ total: 0 });
  });

  it('are pruned one by one where they are named', async () => {
    const criteria = { profile: ['writer'], max_messages: 5 };
    const { plan } = (await server.post('/v1/sessions/prune', criteria)).body as { plan: string };
    await server.post('/v1/sessions/prune', { ...criteria, dry_run: false, plan });
    expect(await ids('limit=200')).toEqual(NEWEST_FIRST.filter((id) => !id.startsWith('w')));
  });

  it('tell what was pruned in one from what was refused in another, whatever it is called there', async () => {
    const writer = HistoryWriter.open(join(home, 'profiles', 'coder', 'state.db'));
    writer.db
      .prepare(
        "INSERT INTO session_turn_leases (conversation_id, holder, acquired_at, expires_at) VALUES ('twin', 'agent', 0, ?)",
      )
      .run(Date.now() / 1000 + 3600);
    writer.close();
    await server.settled();
    const criteria = { last_active_before: new Date(hour(11) * 1000).toISOString(), max_messages: 5 };
    const { plan } = (await server.post('/v1/sessions/prune', criteria)).body as { plan: string };
    const { body } = await server.post('/v1/sessions/prune', { ...criteria, dry_run: false, plan });
    expect(body).toMatchObject({ count: 10, messages: 10, failed: [{ id: 'twin', ok: false }] });
    expect(await server.json('/v1/sessions/twin')).toMatchObject({ profile: 'coder' });
  });

  it('answer 304 while nothing changed in any of them, and not after a commit in one', async () => {
    const { headers } = await server.get('/v1/sessions');
    const again = (): Promise<{ status: number }> =>
      server.get('/v1/sessions').set('If-None-Match', String(headers.etag));
    expect((await again()).status).toBe(304);
    const writer = HistoryWriter.open(join(home, 'profiles', 'writer', 'state.db'));
    addConversation(writer, 'w11', 11);
    writer.close();
    await server.settled();
    expect((await again()).status).toBe(200);
    expect((await ids('limit=1'))[0]).toBe('w11');
  });
});

describe('one history alone', () => {
  it.each([{}, { PROFILES: 'off' }])(
    'is served where STATE_DB names it or PROFILES is off: %j',
    async (more) => {
      const server = await TestServer.start(join(writeHome(), 'state.db'), more);
      expect(await server.json('/v1/sessions')).toMatchObject({ total: 4 });
      expect(await server.json('/v1/profiles')).toMatchObject({ total: 1 });
      await server.close();
    },
  );

  it('carries the name of its folder where that is a profile', async () => {
    const home = writeHome();
    const server = await TestServer.start(join(home, 'profiles', 'coder', 'state.db'));
    expect(await server.json('/v1/sessions/c5')).toMatchObject({ profile: 'coder' });
    await server.close();
  });
});
