import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { SCHEMA_VERSIONS } from '../../src/demo/state-db/schema.js';
import type { HermesSessionEnvelope } from '../../src/hermes-api/api-server/api-server.response.js';
import { hour, onceWritten, say, smallHistory } from '../support/histories.js';
import { keyFileWith } from '../support/people.js';
import { TestServer } from '../support/server.js';
import { integrityOf, storedRow } from '../support/stored.js';

describe.each(SCHEMA_VERSIONS)('a session that a client of Hermes makes, on schema version %i', (version) => {
  it('is one, with all that it was sent, and can be listed at once', async () => {
    const stateDb = smallHistory(version);
    const server = await TestServer.onFile(stateDb);
    const sent = {
      id: ' made ',
      title: ' Notes  of today',
      model: 'm',
      system_prompt: 'You keep notes.',
      source: 'desktop',
    };
    const { status, body } = await server.post('/api/sessions', sent);
    expect([status, body]).toMatchObject([
      201,
      {
        object: 'hermes.session',
        session: {
          ...{ id: 'made', title: 'Notes of today', model: 'm', source: 'desktop', message_count: 0 },
          ...{ has_system_prompt: true, has_model_config: true, ended_at: null },
        },
      },
    ]);
    const list = await server.json<{ data: readonly { id: string }[] }>('/api/sessions?limit=1');
    expect(list.data[0]?.id).toBe('made');
    expect(JSON.stringify((await server.get('/api/sessions/made')).body)).not.toContain('You keep notes.');
    const usual = (await server.post('/api/sessions', { source: 'elsewhere' })).body as HermesSessionEnvelope;
    expect(usual.session).toMatchObject({
      ...{ id: expect.stringMatching(/^api_\d{10}_[0-9a-f]{8}$/), source: 'api_server', title: null },
      ...{ model: 'hermes-agent', has_system_prompt: false, has_model_config: false },
    });
    await server.close();
    expect(integrityOf(stateDb)).toEqual([true, 'ok']);
  });

  it('goes on from another one, with what its model reads, and counts it as Hermes does', async () => {
    const stateDb = smallHistory(version);
    const server = await TestServer.onFile(stateDb);
    const before = await server.json<{ data: readonly object[] }>('/api/sessions/branch/messages');
    const { status, body } = await server.post('/api/sessions/branch/fork', { id: 'fork' });
    expect([status, body]).toMatchObject([
      201,
      {
        session: {
          id: 'fork',
          parent_session_id: 'branch',
          title: 'A branch #2',
          message_count: before.data.length,
        },
      },
    ]);
    const after = await server.json<{ data: readonly object[] }>('/api/sessions/fork/messages');
    const copied = { id: expect.any(Number), session_id: 'fork' };
    expect(after.data).toEqual(before.data.map((message) => ({ ...message, ...copied })));
    expect((await server.get('/api/sessions/branch')).body).toMatchObject({
      session: { end_reason: 'branched' },
    });
    const found = await server.json<{ data: readonly { id: string }[] }>('/v1/sessions?search=branch');
    expect(found.data.map(({ id }) => id)).toContain('fork');
    await server.close();
    expect(integrityOf(stateDb)).toEqual([true, 'ok']);
  });
});

/** Changes a history as an agent does. */
function write(stateDb: string, change: (writer: HistoryWriter) => void): void {
  const writer = HistoryWriter.open(stateDb);
  change(writer);
  writer.close();
}

/** Ids of the conversations that the list shows. */
async function idsOf(server: TestServer): Promise<readonly string[]> {
  const { data } = await server.json<{ data: readonly { id: string }[] }>('/v1/sessions');
  return data.map(({ id }) => id);
}

describe.each(SCHEMA_VERSIONS)('a fork, on schema version %i', (version) => {
  interface Listed {
    readonly data: readonly { readonly id: string; readonly root_session_id: string }[];
  }

  /** A session that ended, compressed into another one if it ended by that. */
  function ended(reason: string): string {
    const stateDb = smallHistory(version);
    const writer = HistoryWriter.open(stateDb);
    const times = { started_at: hour(50), ended_at: hour(51) };
    writer.addSession({ id: 'first', source: 'cli', title: 'Quince', end_reason: reason, ...times });
    say(writer, 'first', 'user', 'How long do quinces cook?', hour(50));
    if (reason === 'compression') {
      writer.addSession({ id: 'tip', source: 'cli', started_at: hour(51), parent_session_id: 'first' });
      say(writer, 'tip', 'user', 'And with sugar?', hour(52));
    }
    writer.close();
    return stateDb;
  }

  it.each(['user_exit', 'session_reset', 'compression', 'branched'])(
    'of a session that ended by %s is a conversation of its own beside it',
    async (reason) => {
      const stateDb = ended(reason);
      const server = await TestServer.onFile(stateDb);
      const { status, body } = await server.post('/api/sessions/first/fork', { id: 'fork' });
      expect([status, body]).toMatchObject([201, { session: { parent_session_id: 'first' } }]);
      const writer = HistoryWriter.open(stateDb);
      say(writer, 'fork', 'user', 'Quinces in an oven', Date.now() / 1000);
      writer.close();
      const { data } = await server.json<Listed>('/v1/sessions');
      const tip = reason === 'compression' ? 'tip' : 'first';
      expect(data.find(({ id }) => id === 'fork')).toMatchObject({ root_session_id: 'fork' });
      expect(data.find(({ id }) => id === tip)).toMatchObject({ root_session_id: 'first' });
      const listed = await server.json<Listed>('/api/sessions');
      expect(listed.data.map(({ id }) => id)).toEqual(expect.arrayContaining(['fork', tip]));
      expect((await server.json<Listed>('/v1/sessions?search=oven')).data).toMatchObject([{ id: 'fork' }]);
      expect(await server.json('/v1/sessions/first')).toMatchObject({
        ...{ end_reason: reason, tip_session_id: tip },
      });
      expect((await server.delete('/v1/sessions/fork?lineage=true')).body).toMatchObject({
        deleted_session_ids: ['fork'],
      });
      await server.close();
    },
  );

  it('is one also once the original is resumed, and then compressed', async () => {
    const stateDb = smallHistory(version);
    write(stateDb, (writer) => {
      writer.addSession({ id: 'first', source: 'cli', started_at: hour(50) });
      say(writer, 'first', 'user', 'How long do quinces cook?', hour(50));
    });
    const server = await TestServer.onFile(stateDb);
    const { body } = await server.post('/api/sessions/first/fork', { id: 'fork' });
    // As the recorded answer of Hermes's API server has it.
    expect(body).toMatchObject({ session: { id: 'fork', has_model_config: false } });
    write(stateDb, (writer) => {
      writer.db.exec("UPDATE sessions SET ended_at = NULL, end_reason = NULL WHERE id = 'first'");
      say(writer, 'first', 'user', 'And with sugar?', Date.now() / 1000);
    });
    expect(await idsOf(server)).toEqual(expect.arrayContaining(['first', 'fork']));
    write(stateDb, (writer) => {
      const now = Date.now() / 1000;
      writer.db.exec(`UPDATE sessions SET ended_at = ${now}, end_reason = 'compression' WHERE id = 'first'`);
      writer.addSession({ id: 'tip', source: 'cli', started_at: now, parent_session_id: 'first' });
      say(writer, 'fork', 'user', 'Quinces in an oven', now + 1);
    });
    expect(await idsOf(server)).toEqual(expect.arrayContaining(['tip', 'fork']));
    expect((await server.delete('/v1/sessions/fork?lineage=true')).body).toMatchObject({
      deleted_session_ids: ['fork'],
    });
    await server.close();
  });
});

describe('a session that a client of Hermes makes', () => {
  it('keeps its prompt once, where Hermes keeps it', async () => {
    const stateDb = smallHistory(25);
    const server = await TestServer.onFile(stateDb);
    for (const id of ['one', 'two']) await server.post('/api/sessions', { id, system_prompt: 'The same.' });
    const [one, two] = [storedRow(stateDb, 'one'), storedRow(stateDb, 'two')];
    expect([one.system_prompt, one.system_prompt_hash]).toEqual([null, two.system_prompt_hash]);
    await server.post('/api/sessions/one/fork', { id: 'three' });
    expect(storedRow(stateDb, 'three')).toMatchObject({
      system_prompt_hash: one.system_prompt_hash,
      title: 'fork',
    });
    await server.close();
  });

  it('has forks whose titles have no more characters than a title may have', async () => {
    const stateDb = smallHistory(25);
    const server = await TestServer.onFile(stateDb);
    await server.post('/api/sessions', { id: 'one', title: 'x'.repeat(100) });
    for (const id of ['two', 'three']) await server.post('/api/sessions/one/fork', { id });
    const titles = ['two', 'three'].map((id) => storedRow(stateDb, id).title);
    expect(titles).toEqual([`${'x'.repeat(95)} #2`, `${'x'.repeat(95)} #3`]);
    await server.close();
  });

  it.each([
    [{ id: 'plain' }, 409, 'session_exists', 'Session already exists: plain'],
    [{ title: 'Old plans' }, 400, 'invalid_title', 'Title already in use by session archived'],
    [{ id: 'a\nb' }, 400, 'invalid_session_id', 'Invalid session ID'],
    [{ id: 'x'.repeat(600) }, 400, 'invalid_session_id', 'Invalid session ID'],
    [{ system_prompt: 7 }, 400, 'invalid_session_field', 'system_prompt must be a string'],
  ])('is refused, and not there, where it cannot be: %j', async (sent, status, code, message) => {
    const stateDb = smallHistory(25);
    const server = await TestServer.onFile(stateDb);
    const count = async (): Promise<number> => (await server.json<{ total: number }>('/v1/sessions')).total;
    const before = await count();
    const response = await server.post('/api/sessions', sent);
    expect([response.status, response.body]).toEqual([
      status,
      { error: { message, type: 'invalid_request_error', param: null, code } },
    ]);
    const fork = await server.post('/api/sessions/branch/fork', sent);
    if (!('system_prompt' in sent)) expect(fork.status).toBe(status);
    if (fork.status !== 201) {
      expect((await server.get('/api/sessions/branch')).body).toMatchObject({
        session: { end_reason: null },
      });
      expect(await count()).toBe(before);
    }
    await server.close();
  });

  it('belongs to whoever may know of nobody else, and is refused to whoever may only read', async () => {
    const stateDb = smallHistory(25);
    const keys = keyFileWith({ scopes: ['sessions:read', 'sessions:write'], user_id: 'ana' });
    const server = await TestServer.onFile(stateDb, { KEYS_FILE: keys.path });
    const ana = server.as(keys.token);
    expect((await ana.post('/api/sessions', { id: 'hers' })).body).toMatchObject({
      session: { user_id: 'ana' },
    });
    expect((await ana.get('/api/sessions/hers')).status).toBe(200);
    expect((await ana.post('/api/sessions/archived/fork', {})).status).toBe(404);
    await server.close();
    const reading = keyFileWith({ scopes: ['sessions:read'] });
    const other = await TestServer.onFile(stateDb, { KEYS_FILE: reading.path });
    const { status, body } = await other.as(reading.token).post('/api/sessions', {});
    expect([status, body]).toMatchObject([403, { error: { code: 'insufficient_scope' } }]);
    await other.close();
  });

  it('takes along the messages that are active alone', async () => {
    const stateDb = onceWritten('rewound', (path) => {
      const writer = HistoryWriter.create(path, 25);
      writer.addSession({ id: 'talk', source: 'cli', started_at: hour(1), title: 'Talk', model: 'm' });
      say(writer, 'talk', 'user', 'kept', hour(1));
      writer.addMessage({
        session_id: 'talk',
        role: 'user',
        content: 'rewound',
        timestamp: hour(2),
        active: 0,
      });
      const calls = JSON.stringify([{ id: '1' }, { id: '2' }]);
      writer.addMessage({
        session_id: 'talk',
        role: 'assistant',
        content: null,
        timestamp: hour(3),
        tool_calls: calls,
      });
      writer.close();
    });
    const server = await TestServer.onFile(stateDb);
    const { body } = await server.post('/api/sessions/talk/fork', { title: 'Other talk' });
    expect(body).toMatchObject({ session: { message_count: 2, tool_call_count: 2, title: 'Other talk' } });
    await server.close();
  });

  it('gets nobody the messages that are left under its id, who may not know of everything', async () => {
    const stateDb = smallHistory(25);
    const writer = HistoryWriter.open(stateDb);
    say(writer, 'gone', 'user', 'of a session that is gone', hour(9));
    writer.addSession({ id: 'hers', source: 'api_server', user_id: 'ana', started_at: hour(1) });
    writer.close();
    const keys = keyFileWith({ scopes: ['sessions:read', 'sessions:write'], user_id: 'ana' });
    const server = await TestServer.onFile(stateDb, { KEYS_FILE: keys.path });
    const ana = server.as(keys.token);
    for (const path of ['/api/sessions', '/api/sessions/hers/fork'])
      expect([path, (await ana.post(path, { id: 'gone' })).status]).toEqual([path, 409]);
    const message = { role: 'user', content: 'Before' };
    for (const length of [1, 300]) {
      const sessions = [{ id: 'gone', messages: Array.from({ length }, () => message) }];
      const skipped = await ana.post('/dashboard/api/sessions/import', { sessions });
      expect(skipped.body).toMatchObject({ imported: 0, skipped: 1 });
    }
    expect(storedRow(stateDb, 'gone')).toBeUndefined();
    expect((await server.post('/api/sessions', { id: 'gone' })).status).toBe(201);
    await server.close();
  });
});
