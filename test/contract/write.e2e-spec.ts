import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { LAYOUTS } from '../support/breadth.js';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { hour, smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';

function query<T>(path: string, sql: string, ...parameters: readonly unknown[]): T[] {
  const db = new Sqlite(path, { readonly: true });
  try {
    return db.prepare<unknown[], T>(sql).all(...parameters);
  } finally {
    db.close();
  }
}

describe.each(LAYOUTS)('changing sessions on schema version %d', (version) => {
  let path: string;
  let server: TestServer;

  beforeEach(async () => {
    path = smallHistory(version, version === 25 ? 'delete' : 'wal');
    server = await TestServer.start(path);
  });

  afterEach(async () => {
    await server.close();
    const db = new Sqlite(path);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    for (const table of version >= 16 ? ['messages_fts', 'messages_fts_trigram'] : ['messages_fts']) {
      db.prepare(`INSERT INTO ${table}(${table}, rank) VALUES ('integrity-check', 1)`).run();
    }
    db.close();
  });

  it('renames, and the next list shows it', async () => {
    const response = await server.patch('/v1/sessions/plain', { title: ' New \u200b name\n' });
    expect(response.status).toBe(200);
    expect(response.body).toMatchObject({ id: 'plain', title: 'New name' });
    expect(await server.json('/v1/sessions?title=New+name')).toMatchObject({ total: 1 });
    if (version >= 25) {
      await server.settled();
      expect(query(path, "SELECT title_source FROM sessions WHERE id = 'plain'")).toEqual([
        { title_source: 'user' },
      ]);
    }
  });

  it('clears a title with null or with nothing visible', async () => {
    expect((await server.patch('/v1/sessions/plain', { title: null })).body).toMatchObject({ title: null });
    expect((await server.patch('/v1/sessions/branch', { title: ' \u200b ' })).body).toMatchObject({
      title: null,
    });
  });

  it('keeps titles unique, except that a chain hands its own on', async () => {
    const taken = await server.patch('/v1/sessions/plain', { title: 'A branch' });
    expect(taken.status).toBe(409);
    expect(taken.body).toMatchObject({
      error: {
        ...{ type: 'conflict_error', param: 'title', code: 'title_in_use' },
        message: 'The session branch already has this title.',
      },
    });
    expect((await server.patch('/v1/sessions/chain-3', { title: 'Novel draft' })).status).toBe(200);
    expect(await server.json('/v1/sessions/chain-1')).toMatchObject({ title: null });
    expect((await server.patch('/v1/sessions/plain', { title: 'Garden irrigation' })).status).toBe(200);
  });

  it.each([
    ['archived', 16],
    ['pinned', 25],
  ] as const)('sets %s on the whole chain where the version has it', async (flag, since) => {
    const response = await server.patch('/v1/sessions/chain-3', { [flag]: true, title: 'Set together' });
    if (version < since) {
      expect(response.status).toBe(409);
      expect(response.body).toMatchObject({ error: { param: flag, code: 'unsupported_by_store' } });
      expect(await server.json('/v1/sessions/chain-3')).toMatchObject({ title: null });
      return;
    }
    expect(response.status).toBe(200);
    for (const id of ['chain-1', 'chain-2', 'chain-3']) {
      expect(await server.json(`/v1/sessions/${id}`)).toMatchObject({ [flag]: true });
    }
    if (flag === 'archived')
      expect(await server.json('/v1/sessions?platform=telegram')).toMatchObject({ total: 0 });
    await server.patch('/v1/sessions/chain-1', { [flag]: false });
    expect(await server.json('/v1/sessions?platform=telegram')).toMatchObject({
      data: [{ id: 'chain-3', [flag]: false }],
    });
  });

  it('deletes a session with its delegates and lets other children live', async () => {
    const response = await server.delete('/v1/sessions/plain');
    expect(response.status).toBe(200);
    expect(response.body).toEqual({
      id: 'plain',
      object: 'hermes.session.deleted',
      deleted: true,
      deleted_session_ids: ['plain', 'delegate', 'delegate-of-delegate'],
    });
    await server.settled();
    expect(
      query(path, "SELECT 1 FROM messages WHERE session_id IN ('plain', 'delegate', 'delegate-of-delegate')"),
    ).toEqual([]);
    for (const id of ['branch', 'reset', 'unmarked-child']) {
      expect(await server.json(`/v1/sessions/${id}`)).toMatchObject({ parent_session_id: null });
    }
    expect(await server.json('/v1/sessions?search=tomatoes')).toMatchObject({ total: 0 });
    expect((await server.delete('/v1/sessions/plain')).status).toBe(404);
  });

  it('deletes the middle of a chain and what is left shows', async () => {
    expect((await server.delete('/v1/sessions/chain-2')).status).toBe(200);
    expect(await server.json('/v1/sessions/chain-1')).toMatchObject({
      chain_length: 1,
      tip_session_id: 'chain-1',
    });
    expect(await server.json('/v1/sessions/chain-3')).toMatchObject({
      root_session_id: 'chain-3',
      parent_session_id: null,
    });
    expect(await server.json('/v1/sessions?search=keeper')).toMatchObject({ total: 2 });
  });

  it('deletes structured messages without harm to the indexes', async () => {
    expect((await server.delete(`/v1/sessions/${encodeURIComponent('odd/id "quoted" 🚀')}`)).status).toBe(
      200,
    );
    expect((await server.delete('/v1/sessions/damaged')).status).toBe(200);
  });

  it('leaves a session alone while an agent is in the middle of it, unless forced', async () => {
    if (version < 16) return;
    const writer = HistoryWriter.open(path);
    const inAnHour = Date.now() / 1000 + 3600;
    const [table, column, holder] =
      version >= 25
        ? ['session_turn_leases', 'conversation_id', 'chain-1']
        : ['compression_locks', 'session_id', 'chain-3'];
    const lease = writer.db.prepare(
      `INSERT OR REPLACE INTO ${table} (${column}, holder, acquired_at, expires_at) VALUES (?, 'agent', 0, ?)`,
    );
    lease.run(holder, inAnHour);
    await server.settled();
    const busy = await server.delete('/v1/sessions/chain-3');
    expect(busy.status).toBe(409);
    expect(busy.body).toMatchObject({ error: { code: 'session_busy' } });
    expect((await server.delete('/v1/sessions/chain-3?force=maybe')).status).toBe(400);
    expect((await server.delete('/v1/sessions/chain-3?force=true')).status).toBe(200);
    await server.settled();
    lease.run('plain', 1);
    await server.settled();
    expect((await server.delete('/v1/sessions/plain')).status).toBe(200);
    writer.close();
  });
});

describe('flags that come with others', () => {
  let path: string;
  let server: TestServer;

  beforeEach(async () => {
    path = smallHistory(30);
    const writer = HistoryWriter.open(path);
    // As the next version of Hermes has it.
    writer.db.exec('ALTER TABLE sessions ADD COLUMN auto_archived INTEGER NOT NULL DEFAULT 0');
    writer.db.exec(
      "UPDATE sessions SET hidden = 1 WHERE id IN ('plain', 'chain-1', 'chain-3', 'reset', 'branch')",
    );
    writer.db.exec("UPDATE sessions SET title = 'Bot Chat' WHERE id = 'reset'");
    writer.db.exec("UPDATE sessions SET archived = 1, auto_archived = 1 WHERE id = 'empty'");
    writer.close();
    server = await TestServer.start(path);
  });

  afterEach(() => server.close());

  async function listed(): Promise<readonly string[]> {
    const { data } = await server.json<SessionListResponse>('/v1/sessions?limit=200');
    return data
      .filter(({ pinned }) => pinned)
      .map(({ id }) => id)
      .sort();
  }

  it('what is pinned is shown, with its whole chain, but for what Hermes itself hides', async () => {
    for (const id of ['plain', 'chain-3', 'reset'])
      expect([id, (await server.patch(`/v1/sessions/${id}`, { pinned: true })).status]).toEqual([id, 200]);
    await server.post('/v1/sessions/bulk', { action: 'pin', ids: ['branch'] });
    expect(await listed()).toEqual(['branch', 'chain-3', 'plain']);
    await server.settled();
    expect(await listed()).toEqual(['branch', 'chain-3', 'plain']);
    expect(inFile(path, 'hidden')).toEqual(['reset']);
    expect((await server.patch('/v1/sessions/plain', { pinned: false })).status).toBe(200);
    await server.settled();
    expect(inFile(path, 'hidden')).toEqual(['reset']);
  });

  it('the title by which Hermes hides a conversation stays with it, until that has been archived', async () => {
    const renamed = await server.patch('/v1/sessions/reset', { title: 'Something else' });
    expect(renamed.status).toBe(409);
    expect(renamed.body).toMatchObject({ error: { code: 'refused_by_history', param: 'title' } });
    expect((await server.patch('/v1/sessions/plain', { title: 'Bot Chat' })).status).toBe(409);
    expect((await server.patch('/v1/sessions/reset', { archived: true })).status).toBe(200);
    await server.settled();
    expect((await server.patch('/v1/sessions/plain', { title: 'Bot Chat' })).status).toBe(200);
    await server.settled();
    expect(await server.json('/v1/sessions/reset')).toMatchObject({ title: null });
    expect(await server.json('/v1/sessions/plain')).toMatchObject({ title: 'Bot Chat' });
    expect(inFile(path, 'archived')).toContain('reset');
  });

  it('what is archived or brought back on purpose is not brought back by activity', async () => {
    await server.patch('/v1/sessions/empty', { archived: true });
    await server.settled();
    expect(inFile(path, 'auto_archived')).toEqual([]);
  });
});

/** The sessions of a file for which a flag is set. */
function inFile(path: string, flag: string): readonly string[] {
  return query<{ id: string }>(path, `SELECT id FROM sessions WHERE ${flag} <> 0 ORDER BY id`).map(
    ({ id }) => id,
  );
}

describe.each(LAYOUTS)('changes that are refused on schema version %d', (version) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(smallHistory(version));
  });

  afterAll(() => server.close());

  it.each([
    [{}, 'empty_update', null],
    [[], 'invalid_body', null],
    ['title', 'invalid_body', null],
    [null, 'invalid_body', null],
    [{ title: 5 }, 'invalid_parameter', 'title'],
    [{ title: 'x'.repeat(101) }, 'invalid_title', 'title'],
    [{ archived: 'true' }, 'invalid_parameter', 'archived'],
    [{ archived: null }, 'invalid_parameter', 'archived'],
    [{ pinned: 1 }, 'invalid_parameter', 'pinned'],
    [{ name: 'x' }, 'unknown_parameter', 'name'],
  ])('refuses %j', async (body, code, param) => {
    const response = await server.patch('/v1/sessions/plain', body);
    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({ error: { type: 'invalid_request_error', code, param } });
    expect(await server.json('/v1/sessions/plain')).toMatchObject({
      title: 'Garden irrigation',
      archived: false,
    });
  });
});

describe('deleting', () => {
  it('removes the transcript files of old releases and no others', async () => {
    const path = smallHistory(25);
    const folder = join(dirname(path), 'sessions');
    mkdirSync(folder);
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'plain_2', source: 'cli', started_at: hour(40) });
    writer.addSession({ id: '../escape', source: 'cli', started_at: hour(41) });
    const touch = (name: string): string => {
      writeFileSync(join(folder, name), '{}');
      return name;
    };
    writer.addSession({ id: 'session_reset', source: 'cli', started_at: hour(42) });
    writer.addSession({ id: 'sessions', source: 'cli', started_at: hour(43) });
    ['plain.json', 'plain.jsonl', 'request_dump_plain_20260501_1.json', 'delegate.json'].forEach(touch);
    ['session_plain.json', 'session_delegate.json', 'sessions.jsonl', 'session_sessions.json'].forEach(touch);
    const kept = [
      ...['plain_2.json', 'request_dump_plain_2_9.json', 'plain.txt', 'branch.json', 'session_plain_2.json'],
      // Of `session_reset` rather than of `reset`, and no session's at all.
      ...['session_reset.json', 'sessions.json'],
    ].map(touch);
    writeFileSync(join(dirname(path), 'escape.json'), '{}');
    symlinkSync(join(dirname(path), 'escape.json'), join(folder, 'request_dump_plain_link.json'));
    writer.close();
    const server = await TestServer.start(path);
    await server.delete('/v1/sessions/plain');
    await server.post('/v1/sessions/bulk', { action: 'delete', ids: ['reset', 'sessions'] });
    expect((await server.delete(`/v1/sessions/${encodeURIComponent('../escape')}`)).status).toBe(200);
    await server.settled();
    expect(readdirSync(folder).sort()).toEqual([...kept, 'request_dump_plain_link.json'].sort());
    expect(existsSync(join(dirname(path), 'escape.json'))).toBe(true);
    await server.close();
  });

  it('drops usage and system prompts that nothing refers to any more', async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.db.exec("INSERT INTO system_prompts VALUES ('shared', 'a'), ('own', 'b'), ('idle', 'c')");
    writer.addSession({ id: 'one', source: 'cli', started_at: hour(1), system_prompt_hash: 'own' });
    writer.addSession({ id: 'two', source: 'cli', started_at: hour(1), system_prompt_hash: 'shared' });
    writer.addSession({ id: 'three', source: 'cli', started_at: hour(1), system_prompt_hash: 'shared' });
    writer.db.exec("INSERT INTO session_model_usage (session_id, model) VALUES ('one', 'm'), ('three', 'm')");
    writer.close();
    const server = await TestServer.start(path);
    await server.delete('/v1/sessions/one');
    await server.delete('/v1/sessions/two');
    await server.settled();
    await server.close();
    expect(query(path, 'SELECT hash FROM system_prompts ORDER BY hash')).toEqual([
      { hash: 'idle' },
      { hash: 'shared' },
    ]);
    expect(query(path, 'SELECT session_id FROM session_model_usage')).toEqual([{ session_id: 'three' }]);
  });

  it('answers 503 with the remedy and changes nothing where the tokenizer of its triggers is missing', async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.db.exec(`CREATE TRIGGER messages_fts_cjk_delete AFTER DELETE ON messages BEGIN
      INSERT INTO messages_fts_cjk(messages_fts_cjk, rowid, content) VALUES ('delete', old.id, old.content); END`);
    writer.close();
    const server = await TestServer.start(path);
    const response = await server.delete('/v1/sessions/plain');
    expect(response.status).toBe(503);
    expect(response.body).toMatchObject({
      error: {
        type: 'service_unavailable',
        code: 'tokenizer_unavailable',
        message: expect.stringContaining('HERMES_FTS5_CJK_SO'),
      },
    });
    expect((await server.delete('/v1/sessions/nobody')).status).toBe(404);
    expect(await server.json('/v1/sessions/plain/messages')).toMatchObject({ total: 4 });
    expect(await server.json('/v1/capabilities')).toMatchObject({
      features: { sessions_delete: false, sessions_rename: true },
    });
    await server.close();
  });

  it('leaves mode, journal and schema of the file as they were', async () => {
    for (const mode of ['wal', 'delete'] as const) {
      const path = smallHistory(25, mode);
      const before = query(path, 'SELECT type, name, sql FROM sqlite_master');
      const server = await TestServer.start(path);
      await server.patch('/v1/sessions/plain', { pinned: true });
      await server.delete('/v1/sessions/branch');
      await server.settled();
      await server.close();
      expect(query(path, 'SELECT type, name, sql FROM sqlite_master')).toEqual(before);
      expect(query(path, 'PRAGMA journal_mode')).toEqual([{ journal_mode: mode }]);
    }
  });
});
