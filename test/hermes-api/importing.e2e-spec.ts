import Sqlite from 'better-sqlite3';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { SCHEMA_VERSIONS } from '../../src/demo/state-db/schema.js';
import { onceWritten, smallHistory } from '../support/histories.js';
import { keyFileWith } from '../support/people.js';
import { TestServer } from '../support/server.js';
import { integrityOf, storedRow } from '../support/stored.js';
import { TEST_KEY } from '../support/test-key.js';

const IMPORT = '/dashboard/api/sessions/import';

/** Sessions with a configuration and times that Hermes does not take. */
const DAMAGED: ReadonlySet<unknown> = new Set(['empty', 'damaged']);

type Json = Readonly<Record<string, unknown>>;

function emptyHistory(version: (typeof SCHEMA_VERSIONS)[number]): string {
  return onceWritten(`empty ${version}`, (path) => {
    HistoryWriter.create(path, version).close();
  });
}

/** Every session of a history as the dashboard exports it, the newest first. */
async function exported(server: TestServer): Promise<readonly Json[]> {
  const { data } = await server.json<{ data: readonly { id: string }[] }>(
    '/api/sessions?include_children=true&limit=200',
  );
  return Promise.all(
    data.map(({ id }) => server.json<Json>(`/dashboard/api/sessions/${encodeURIComponent(id)}/export`)),
  );
}

/** What an import takes along. What belongs to the host that it comes from stays there, and messages are numbered anew. */
function comparable({ messages, ...session }: Json): Json {
  const {
    pinned: _pinned,
    hidden: _hidden,
    title_source: _titleSource,
    system_prompt_hash: _hash,
    last_activity_at: _activity,
    message_count: _count,
    ...rest
  } = session;
  return {
    ...rest,
    messages: (messages as readonly Json[]).map(({ id: _id, ...message }) => message),
  };
}

describe.each(SCHEMA_VERSIONS)('sessions that were exported, on schema version %i', (version) => {
  it('are added to another history as they were', async () => {
    const origin = await TestServer.onFile(smallHistory(version));
    const sessions = (await exported(origin)).filter(({ id }) => !DAMAGED.has(id));
    await origin.close();
    const stateDb = emptyHistory(version);
    const server = await TestServer.onFile(stateDb);
    const { status, body } = await server.post(IMPORT, { sessions });
    const ids = sessions.map(({ id }) => id);
    expect([status, body]).toEqual([
      200,
      {
        ...{ ok: true, imported: sessions.length, skipped: 0, detached: 0 },
        ...{ imported_ids: ids, skipped_ids: [], errors: [] },
      },
    ]);
    expect(sessions.length).toBeGreaterThan(8);
    const sorted = (some: readonly Json[]): readonly Json[] =>
      [...some].sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1)).map(comparable);
    expect(sorted(await exported(server))).toEqual(sorted(sessions));
    const found = await server.json<{ data: readonly Json[] }>('/v1/sessions?search=lighthouse');
    expect(found.data).toMatchObject([{ id: 'chain-3' }]);
    await server.close();
    expect(integrityOf(stateDb)).toEqual([true, 'ok']);
  });
});

describe('sessions that are added', () => {
  let server: TestServer;
  let stateDb: string;

  beforeEach(async () => {
    stateDb = smallHistory(25);
    server = await TestServer.onFile(stateDb);
  });

  afterEach(() => server.close());

  const count = async (): Promise<unknown> =>
    (await server.json<Json>('/v1/sessions?include_children=true&archived=any')).total;

  it('overwrite nothing that is there', async () => {
    const before = await server.json('/dashboard/api/sessions/plain/export');
    const again = { id: 'plain', title: 'Other', messages: [{ role: 'user', content: 'Other' }] };
    expect((await server.post(IMPORT, { sessions: [{ id: 'new' }, again] })).body).toMatchObject({
      ...{ imported: 1, skipped: 1, imported_ids: ['new'], skipped_ids: ['plain'] },
    });
    expect(await server.json('/dashboard/api/sessions/plain/export')).toEqual(before);
    expect((await server.post(IMPORT, { sessions: [{ id: 'new' }, again] })).body).toMatchObject({
      ...{ imported: 0, skipped: 2 },
    });
  });

  it('are counted, and told as Hermes tells what it was not sent', async () => {
    const calls = [{ id: 'c1' }, { id: 'c2' }];
    const messages = [
      { role: 'user', content: [{ type: 'text', text: 'Look' }], reasoning: 'not of a user', timestamp: 10 },
      { role: 'assistant', content: null, tool_calls: calls, reasoning: 'of a model', timestamp: '11' },
      { role: 'assistant', tool_calls: JSON.stringify(calls), timestamp: 'never' },
      { role: 'tool', content: 'Done', tool_call_id: 'c1', tool_name: 'look', token_count: '7' },
    ];
    const session = {
      ...{ id: ' made ', title: ' A\u200b  title', system_prompt: 'Secret.', archived: 1 },
      ...{ input_tokens: '12', started_at: 'never', ended_at: 20, last_activity_at: 1, pinned: 1, messages },
    };
    expect((await server.post(IMPORT, { sessions: [session], profile: 'default' })).status).toBe(200);
    expect(await server.json('/dashboard/api/sessions/made/export')).toMatchObject({
      ...{ source: 'import', title: 'A title', system_prompt: 'Secret.', archived: 1, pinned: 0 },
      ...{ message_count: 4, tool_call_count: 4, input_tokens: 12, output_tokens: 0, ended_at: 20 },
      ...{ started_at: expect.closeTo(Date.now() / 1000, -2), last_activity_at: null },
      messages: [
        { content: [{ type: 'text', text: 'Look' }], reasoning: null, timestamp: 10 },
        { content: null, tool_calls: calls, reasoning: 'of a model', timestamp: 11 },
        { tool_calls: calls, timestamp: expect.closeTo(Date.now() / 1000, -2) },
        { content: 'Done', tool_name: 'look', token_count: 7 },
      ],
    });
    expect(storedRow(stateDb, 'made').system_prompt).toBeNull();
  });

  it('keep their parents, unless these are nowhere or would close a circle', async () => {
    const sessions = [
      { id: 'child', parent_session_id: 'parent' },
      { id: 'parent', parent_session_id: 'plain' },
      { id: 'lost', parent_session_id: 'nowhere' },
      { id: 'a', parent_session_id: 'b' },
      { id: 'b', parent_session_id: 'a' },
    ];
    expect((await server.post(IMPORT, { sessions })).body).toMatchObject({ imported: 5, detached: 2 });
    const parents = sessions.map(({ id }) => storedRow(stateDb, id).parent_session_id);
    expect(parents).toEqual(['parent', 'plain', null, null, 'a']);
  });

  it.each<readonly [string, Json, unknown]>([
    ['what is no list', { sessions: {} }, 'Invalid session import payload'],
    ['what is no session', { sessions: [7] }, 'Invalid session import payload'],
    ['no profile', { sessions: [], profile: 7 }, 'Invalid session import payload'],
    [
      'too many',
      { sessions: Array.from({ length: 501 }, (_, index) => ({ id: `s${index}` })) },
      'sessions must contain at most 500 entries',
    ],
    [
      'a title that is there',
      { sessions: [{ id: 'new' }, { id: 'other', title: 'Old plans' }] },
      "Title 'Old plans' is already in use by session archived",
    ],
    [
      'a title twice',
      { sessions: ['x', 'y'].map((id) => ({ id, title: 'Same' })) },
      "Title 'Same' is already in use by session x",
    ],
  ])('are refused as a whole where there is %s', async (_what, sent, detail) => {
    const before = await count();
    const { status, body } = await server.post(IMPORT, sent);
    expect([status, body]).toEqual([400, { detail }]);
    expect(await count()).toBe(before);
  });

  it('are refused as a whole, with what is wrong with each', async () => {
    const before = await count();
    const message = { role: 'user', content: 'x' };
    type Sent = Json & { readonly id?: string | number };
    const cases: readonly (readonly [Sent, string])[] = [
      [{}, 'session id is required'],
      [{ id: 'good' }, 'duplicate session id'],
      [{ id: 1, messages: 'x' }, 'messages must be a list'],
      [{ id: 2, messages: [1] }, 'messages must contain only objects'],
      [
        { id: 3, messages: Array.from({ length: 10_001 }, () => message) },
        'messages exceeds the per-session import limit',
      ],
      [
        { id: 4, messages: [{ role: 'user', content: 'x'.repeat(5 * 1024 * 1024) }] },
        'session exceeds the import size limit',
      ],
      [{ id: 5, model_config: '{' }, 'model_config must be valid JSON'],
      [{ id: 6, model_config: [] }, 'model_config must be a JSON object'],
      [{ id: 7, source: 7 }, 'source must be a string'],
      [{ id: 8, messages: [message, {}] }, 'messages[1].role must be a non-empty string'],
      [{ id: 9, messages: [{ ...message, token_count: 'x' }] }, 'token_count must be an integer'],
      [{ id: 'half \ud83d' }, 'session id must be well-formed Unicode'],
      [{ id: 11, input_tokens: 1e300 }, 'input_tokens is out of range'],
      [{ id: 12, started_at: 1e13 }, 'started_at is out of range'],
      [{ id: 10, title: 'x'.repeat(101) }, 'Title too long (101 chars, max 100)'],
    ];
    const { status, body } = await server.post(IMPORT, {
      sessions: [{ id: 'good' }, ...cases.map(([session]) => session)],
    });
    const errors = cases.map(([{ id }, error], at) => ({
      ...{ index: at + 1, error },
      ...(id === undefined ? {} : { session_id: String(id) }),
    }));
    const refused = { ok: false, imported: 0, skipped: 0, detached: 0, errors };
    expect([status, body]).toEqual([400, { detail: refused }]);
    expect(await count()).toBe(before);
  });

  it('may hold as much inside each other as Hermes reads', async () => {
    const nested = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);
    const sent = (levels: number): Json => ({
      sessions: [{ id: 'deep', messages: [{ role: 'user', content: [{ input: nested(levels) }] }] }],
    });
    expect((await server.post(IMPORT, sent(1000))).body).toMatchObject({
      detail: { errors: [{ index: 0, error: 'session must be JSON serializable', session_id: 'deep' }] },
    });
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    for (const fields of [
      { messages: [{ role: 'assistant', content: '', tool_calls: deep }] },
      { model_config: `{"a":${deep}}` },
    ])
      expect((await server.post(IMPORT, { sessions: [{ id: 'deep', ...fields }] })).body).toMatchObject({
        detail: {
          errors: [{ index: 0, error: expect.stringMatching(/must be JSON serializable$/) as unknown }],
        },
      });
    expect((await server.post(IMPORT, sent(90))).body).toMatchObject({ imported: 1 });
    expect(await server.json('/dashboard/api/sessions/deep/messages')).toMatchObject({
      messages: [{ content: [{ input: nested(90) }] }],
    });
  });

  it('are stored in texts that Hermes can read', async () => {
    const half = 'half \ud83d of it';
    const messages = [
      { role: 'user', content: half },
      { role: 'user', content: 5 },
      { role: 'user', content: true },
    ];
    await server.post(IMPORT, { sessions: [{ id: 'new', model: half, system_prompt: half, messages }] });
    const db = new Sqlite(stateDb, { readonly: true });
    // As it is in the file: this driver would make up for it.
    const bytes = db
      .prepare<[], Buffer>("SELECT CAST(content AS BLOB) FROM messages WHERE session_id = 'new' ORDER BY id")
      .pluck()
      .all();
    const model = db
      .prepare<[], Buffer>("SELECT CAST(model AS BLOB) FROM sessions WHERE id = 'new'")
      .pluck()
      .get();
    db.close();
    const read = new TextDecoder('utf-8', { fatal: true });
    expect(bytes.map((text) => read.decode(text))).toEqual(['half \ufffd of it', '5', '1']);
    expect(read.decode(model)).toBe('half \ufffd of it');
  });

  it('go to the profile that is named, wherever that is', async () => {
    for (const profile of [['work'], 5, {}, true])
      expect((await server.post(IMPORT, { sessions: [{ id: 'new' }], profile })).status).toBe(400);
    expect((await server.post(`${IMPORT}?profile=nowhere`, { sessions: [{ id: 'new' }] })).status).toBe(404);
  });

  it('make nobody the owner of what had lost its parent', async () => {
    const writer = HistoryWriter.open(stateDb);
    writer.db.pragma('foreign_keys = OFF');
    writer.addSession({ id: 'orphan', source: 'cli', started_at: 2, parent_session_id: 'lost' });
    writer.close();
    const { path, token } = keyFileWith({ user_id: 'ana', scopes: ['sessions:read', 'sessions:write'] });
    const guarded = await TestServer.onFile(stateDb, { KEYS_FILE: path });
    const ana = guarded.as(token);
    const parent = { id: 'lost', ended_at: 1, end_reason: 'compression' };
    expect((await ana.post(IMPORT, { sessions: [parent] })).body).toMatchObject({ imported: 0, skipped: 1 });
    expect((await ana.post('/api/sessions', { id: 'lost' })).status).toBe(409);
    expect((await ana.get('/v1/sessions/orphan')).status).toBe(404);
    expect((await guarded.post(IMPORT, { sessions: [parent] })).body).toMatchObject({ imported: 1 });
    await guarded.close();
  });

  it('are refused where all together are too many or too large', async () => {
    const messages = Array.from({ length: 10_000 }, () => ({ role: 'user', content: 'x' }));
    const many = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => ({ id, messages }));
    expect((await server.post(IMPORT, { sessions: many })).body).toMatchObject({
      detail: { errors: [{ index: 5, error: 'messages exceeds the total import limit', session_id: 'f' }] },
    });
    const content = 'x'.repeat(5 * 1024 * 1024 - 200);
    const large = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => ({ id, messages: [{ role: 'user', content }] }));
    const { status, body } = await server.post(IMPORT, { sessions: large });
    expect([status, body]).toEqual([413, { detail: 'Session import payload is too large' }]);
    const empty: unknown = JSON.parse(`[${'{},'.repeat(750_000)}{}]`);
    const broad = await server.post(IMPORT, { sessions: empty });
    expect([broad.status, broad.body]).toEqual([
      413,
      { detail: 'The body may hold at most 1,500,000 values, with 100,000 different names.' },
    ]);
    const broken = await server.http
      .post(IMPORT)
      .set('Authorization', `Bearer ${TEST_KEY}`)
      .set('Content-Type', 'application/json')
      .send('{"sessions": [');
    expect([broken.status, broken.body]).toEqual([400, { detail: 'Invalid session import payload' }]);
  });

  it('are those of whoever adds them, where that may know of nobody else', async () => {
    const { path, token } = keyFileWith({ user_id: 'ana', scopes: ['sessions:read', 'sessions:write'] });
    const guarded = await TestServer.onFile(stateDb, { KEYS_FILE: path });
    const ana = guarded.as(token);
    const sessions = [{ id: 'hers' }, { id: 'child', parent_session_id: 'chain-1' }];
    expect((await ana.post(IMPORT, { sessions })).body).toMatchObject({ imported: 2, detached: 1 });
    expect(await ana.json('/api/sessions/hers')).toMatchObject({ session: { user_id: 'ana' } });
    expect((await ana.post(IMPORT, { sessions: [{ id: 'his', user_id: 'bo' }] })).status).toBe(403);
    expect((await guarded.get('/api/sessions/his')).status).toBe(404);
    await guarded.close();
  });
});
