import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { examineHistory } from '../../src/stores/hermes/doctor.js';
import { say, smallHistory } from '../support/histories.js';
import { keyFileWith } from '../support/people.js';
import { TestServer } from '../support/server.js';
import { integrityOf, storedRow } from '../support/stored.js';
import { until } from '../support/wait.js';

const IMPORT = '/dashboard/api/sessions/import';

type Json = Readonly<Record<string, unknown>>;

/** What `doctor` says of imports that ended half-way. */
async function partsIn(stateDb: string): Promise<readonly string[]> {
  const examination = { stateDb, tokenizer: undefined, hermesHome: dirname(stateDb), deep: false };
  const findings = await examineHistory(examination);
  return findings.map(({ text }) => text).filter((text) => text.includes('in part'));
}

describe('a session of more messages than one transaction is to hold', () => {
  let server: TestServer;
  let stateDb: string;

  beforeEach(async () => {
    stateDb = smallHistory(30);
    server = await TestServer.onFile(stateDb);
  });

  afterEach(async () => {
    await server.close();
    expect(integrityOf(stateDb)).toEqual([true, 'ok']);
  });

  const LONG = {
    ...{ id: 'long', title: 'A long one', system_prompt: 'Be brief.', parent_session_id: 'plain' },
    ...{ started_at: 10, ended_at: 20, end_reason: 'user_exit' },
    messages: Array.from({ length: 5_000 }, (_, index) => ({
      ...{ role: index % 2 === 0 ? 'user' : 'assistant', timestamp: 10 + index / 1000 },
      content: `Message ${index} of the keeper of the lighthouse, who writes into a long book every night`,
    })),
  };

  const stored = (id: string): number => {
    const db = new Sqlite(stateDb, { readonly: true });
    const count = db
      .prepare<[string], number>('SELECT count(*) FROM messages WHERE session_id = ?')
      .pluck()
      .get(id);
    db.close();
    return count ?? 0;
  };

  /** Sends it, and does something as soon as some of it is there, but not all. */
  async function importAnd(
    work: () => unknown,
    others: readonly Json[] = [],
  ): Promise<Awaited<ReturnType<TestServer['post']>>> {
    const answer = server.post(IMPORT, { sessions: [LONG, ...others] });
    let isOver = false;
    const over = answer.then(() => (isOver = true));
    await until(() => isOver || stored('long') > 0, 'a part of the session');
    expect([isOver, stored('long') < LONG.messages.length]).toEqual([false, true]);
    await work();
    await over;
    return answer;
  }

  it('lets others in, and is not taken for whole before its last message is there', async () => {
    const { status, body } = await importAnd(async () => {
      expect(storedRow(stateDb, 'long')).toMatchObject({
        ...{ title: null, parent_session_id: null, end_reason: 'import_unfinished', message_count: 0 },
        ...{ archived: 1, hidden: 1 },
      });
      const writer = HistoryWriter.open(stateDb);
      say(writer, 'plain', 'user', 'An agent goes on', 50);
      writer.close();
      const listed = await server.json<{ data: readonly Json[] }>('/api/sessions?limit=200');
      expect(listed.data.map(({ id }) => id)).not.toContain('long');
      const again = await server.post(IMPORT, { sessions: [{ id: 'long' }] });
      expect([again.status, again.body]).toEqual([503, { detail: expect.stringContaining('session long') }]);
      expect(again.headers).toMatchObject({ 'retry-after': '1' });
    });
    expect([status, body]).toMatchObject([200, { imported_ids: ['long'], skipped: 0, detached: 0 }]);
    expect(storedRow(stateDb, 'long')).toMatchObject({
      ...{ title: 'A long one', parent_session_id: 'plain', ended_at: 20, end_reason: 'user_exit' },
      ...{ archived: 0, hidden: 0, message_count: LONG.messages.length, tool_call_count: 0, started_at: 10 },
    });
    const whole = await server.json<{ messages: readonly Json[] }>('/dashboard/api/sessions/long/export');
    expect(whole).toMatchObject({ system_prompt: 'Be brief.' });
    expect(whole.messages.map(({ content }) => content)).toEqual(LONG.messages.map(({ content }) => content));
  });

  it('leaves nothing where its title is taken half-way, and takes nothing along that was not imported', async () => {
    const writer = HistoryWriter.open(stateDb);
    const model_config = '{"_delegate_from": "long"}';
    writer.addSession({ id: 'worker', source: 'subagent', started_at: 10, model_config });
    writer.addSession({ id: 'heir', source: 'cli', started_at: 10, parent_session_id: 'long' });
    writer.close();
    const { status } = await importAnd(() => server.patch('/api/sessions/plain', { title: 'A long one' }));
    expect(status).toBe(400);
    expect([storedRow(stateDb, 'long'), stored('long')]).toEqual([undefined, 0]);
    const others = ['worker', 'heir'].map((id) => storedRow(stateDb, id));
    expect(others).toMatchObject([{ model_config }, { parent_session_id: 'long' }]);
  });

  it('is taken out without what an agent has written under its id meanwhile, and can be imported again', async () => {
    const { status } = await importAnd(() => {
      const writer = HistoryWriter.open(stateDb);
      say(writer, 'long', 'user', 'An agent writes', 50);
      writer.db.exec("UPDATE sessions SET title = 'A long one' WHERE id = 'plain'");
      writer.close();
    });
    expect(status).toBe(400);
    expect([storedRow(stateDb, 'long'), stored('long')]).toEqual([undefined, 1]);
    expect((await server.patch('/api/sessions/plain', { title: 'Another' })).status).toBe(200);
    expect((await server.post(IMPORT, { sessions: [LONG] })).body).toMatchObject({ imported_ids: ['long'] });
    const read = await server.json<{ messages: readonly Json[] }>('/dashboard/api/sessions/long/export');
    const contents = LONG.messages.map(({ content }) => content);
    expect(read.messages.map(({ content }) => content)).toEqual(['An agent writes', ...contents]);
    expect(storedRow(stateDb, 'long')).toMatchObject({ message_count: contents.length + 1 });
  });

  it('is changed by nobody before its last message is there, since that would be undone', async () => {
    const { status } = await importAnd(async () => {
      const changes = { title: 'Mine', archived: true, pinned: true };
      const refused = [
        await server.patch('/v1/sessions/long', changes),
        await server.patch('/api/sessions/long', { title: 'Mine' }),
        await server.patch('/dashboard/api/sessions/long', { archived: false }),
        await server.delete('/v1/sessions/long'),
      ];
      expect(refused.map((answer) => [answer.status, answer.text])).toEqual(
        refused.map(() => [409, expect.stringContaining('Only a part of the session is there') as string]),
      );
      const { body } = await server.post('/v1/sessions/bulk', { action: 'pin', ids: ['plain', 'long'] });
      expect(body).toMatchObject({
        data: [{ ok: true }, { id: 'long', ok: false, error: { code: 'session_busy' } }],
      });
    });
    expect(status).toBe(200);
    expect(storedRow(stateDb, 'long')).toMatchObject({ title: 'A long one', archived: 0, pinned: 0 });
    expect((await server.patch('/v1/sessions/long', { title: 'Mine' })).status).toBe(200);
  });

  it('ends where somebody deletes it half-way, and says so when all others are there', async () => {
    const other = { id: 'other', messages: [{ role: 'user', content: 'Beside it' }] };
    const { status, body } = await importAnd(() => server.delete('/api/sessions/long'), [other]);
    expect([status, body]).toEqual([409, { detail: expect.stringContaining('Session long was deleted') }]);
    expect(stored('other')).toBe(1);
    expect([storedRow(stateDb, 'long'), stored('long')]).toEqual([undefined, 0]);
  });

  it('is begun anew where an earlier import ended half-way, but not beside one that goes on', async () => {
    const writer = HistoryWriter.open(stateDb);
    const now = Date.now() / 1000;
    const part = { source: 'cli', started_at: 10, end_reason: 'import_unfinished', archived: 1, hidden: 1 };
    writer.addSession({ id: 'left', ended_at: now - 3600, ...part });
    writer.addSession({ id: 'goes on', ended_at: now, ...part });
    for (const id of ['left', 'goes on']) say(writer, id, 'user', 'A part', 10);
    writer.close();
    expect(await partsIn(stateDb)).toEqual([
      expect.stringMatching(/^1 sessions are imported or forked only in part: left\./),
    ]);
    const sent = ['left', 'goes on'].map((id) => ({ id, messages: [{ role: 'user', content: 'All' }] }));
    const refused = await server.post(IMPORT, { sessions: sent });
    expect([refused.status, refused.body]).toEqual([
      503,
      { detail: expect.stringMatching(/session goes on only a part/) },
    ]);
    expect(stored('goes on')).toBe(1);
    const read = await server.json<{ messages: readonly Json[] }>('/dashboard/api/sessions/left/messages');
    expect(read.messages).toMatchObject([{ content: 'All' }]);
    expect(storedRow(stateDb, 'left')).toMatchObject({ end_reason: null, archived: 0, hidden: 0 });
    expect(await partsIn(stateDb)).toEqual([]);
  });

  it('is added once by two that send it at a time, and neither takes a part for all of it', async () => {
    const answers = await Promise.all([1, 2].map(() => server.post(IMPORT, { sessions: [LONG] })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 503]);
    const again = await server.post(IMPORT, { sessions: [LONG] });
    expect([again.status, again.body]).toMatchObject([200, { skipped_ids: ['long'] }]);
    expect(stored('long')).toBe(LONG.messages.length);
  });

  it('replaces nothing that another one may not know of, nor what somebody calls unfinished', async () => {
    const writer = HistoryWriter.open(stateDb);
    const longAgo = Date.now() / 1000 - 3600;
    const part = { source: 'cli', user_id: 'bo', started_at: 10, archived: 1, hidden: 1 };
    writer.addSession({ id: 'his', ended_at: longAgo, end_reason: 'import_unfinished', ...part });
    say(writer, 'his', 'user', 'A part', 10);
    writer.close();
    const { path, token } = keyFileWith({ user_id: 'ana', scopes: ['sessions:read', 'sessions:write'] });
    const guarded = await TestServer.onFile(stateDb, { KEYS_FILE: path });
    const body = { sessions: [{ id: 'his', messages: [{ role: 'user', content: 'Hers' }] }] };
    expect((await guarded.as(token).post(IMPORT, body)).body).toMatchObject({ skipped_ids: ['his'] });
    expect([storedRow(stateDb, 'his'), stored('his')]).toMatchObject([{ user_id: 'bo' }, 1]);
    for (const route of ['/api/sessions/branch', '/dashboard/api/sessions/branch']) {
      const refused = await guarded.patch(route, { end_reason: 'import_unfinished' });
      expect([route, refused.status]).toEqual([route, 400]);
    }
    const marked = { id: 'marked', end_reason: 'import_unfinished', ended_at: longAgo };
    for (const messages of [[{ role: 'user', content: 'First' }], []])
      await guarded.post(IMPORT, { sessions: [{ ...marked, messages }] });
    expect([storedRow(stateDb, 'marked'), stored('marked')]).toMatchObject([{ end_reason: null }, 1]);
    await guarded.close();
  });
});
