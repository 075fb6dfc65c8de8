import { join } from 'node:path';
import { createKey, writeKeyFile } from '../../src/auth/key-file.js';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { MessageListResponse } from '../../src/sessions/dto/message-list.response.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { hour, say } from '../support/histories.js';
import { TestListener } from '../support/listener.js';
import { temporaryFolder, TestServer } from '../support/server.js';

const COMPRESSED = { end_reason: 'compression' };

/** Chains in which only the first session names its user, as older releases of Hermes leave them, and what comes of them besides. */
function writeChains(path: string): void {
  const writer = HistoryWriter.create(path, 25);
  const add = (id: string, at: number, more: Readonly<Record<string, string>> = {}): void => {
    writer.addSession({ id, source: 'telegram', started_at: hour(at), ended_at: hour(at) + 60, ...more });
    say(writer, id, 'user', `Kiwi of ${id}`, hour(at));
  };
  add('a1', 1, { user_id: 'ana', ...COMPRESSED });
  // A continuation has the markers of what it continues.
  add('a2', 2, { parent_session_id: 'a1', model_config: '{"_branched_from": "x"}', ...COMPRESSED });
  add('a3', 3, { parent_session_id: 'a2', title: 'Fruit' });
  add('a3-race', 2.5, { parent_session_id: 'a2' });
  add('a-branch', 4, { parent_session_id: 'a3', model_config: '{"_branched_from": "a3"}' });
  add('b1', 5, { user_id: 'bo', ...COMPRESSED });
  add('b2', 6, { parent_session_id: 'b1' });
  add('n1', 7, COMPRESSED);
  add('n2', 8, { parent_session_id: 'n1' });
  writer.close();
}

describe('what goes on after a compression without naming its user', () => {
  let path: string;
  let owner: TestServer;
  let keys: Readonly<Record<'ana' | 'bo', string>>;
  let ana: TestServer;
  let bo: TestServer;

  beforeEach(async () => {
    path = join(temporaryFolder(), 'state.db');
    writeChains(path);
    const [forAna, forBo] = ['ana', 'bo'].map((user) =>
      createKey(
        { name: user, scopes: ['sessions:read', 'sessions:write', 'sessions:delete'], user_id: user },
        new Date(),
      ),
    );
    if (forAna === undefined || forBo === undefined) throw new Error('Two keys were made.');
    const file = join(temporaryFolder(), 'keys.json');
    writeKeyFile(file, [forAna.record, forBo.record]);
    keys = { ana: forAna.token, bo: forBo.token };
    owner = await TestServer.start(path, { KEYS_FILE: file });
    [ana, bo] = [owner.as(keys.ana), owner.as(keys.bo)];
  });

  afterEach(() => owner.close());

  const idsOf = async (server: TestServer, query: string): Promise<readonly string[]> =>
    (await server.json<SessionListResponse>(`/v1/sessions?${query}`)).data.map(({ id }) => id).sort();

  it('is in the lists and searches of its owner, whole, and in nobody else’s', async () => {
    const rows = ['a1', 'a2', 'a3', 'a3-race'];
    for (const query of ['', 'search=kiwi', 'user_id=ana', 'title=Fruit']) {
      const [all, own] = [`${query}&archived=any`, `${query}&archived=any&include_children=true`];
      expect([query, await idsOf(ana, all)]).toEqual([query, ['a3']]);
      expect([query, await idsOf(ana, own)]).toEqual([query, query === 'title=Fruit' ? ['a3'] : rows]);
    }
    expect(await idsOf(owner, 'user_id=ana&include_children=true')).toEqual(rows);
    expect(await idsOf(bo, '')).toEqual(['b2']);
    expect(await idsOf(bo, 'search=kiwi&include_children=true')).toEqual(['b1', 'b2']);
    expect(await ana.json('/v1/sessions')).toMatchObject({ total: 1, hidden: { archived: 0, children: 3 } });
  });

  it('is read by its owner, with the place that it has, and by nobody else', async () => {
    for (const id of ['a1', 'a2', 'a3', 'a3-race'])
      expect([id, await ana.json(`/v1/sessions/${id}`)]).toMatchObject([
        id,
        { user_id: 'ana', root_session_id: 'a1', chain_length: 3 },
      ]);
    const { data } = await ana.json<MessageListResponse>('/v1/sessions/a3/messages?lineage=true&order=asc');
    expect(data.map(({ content }) => content)).toEqual(['Kiwi of a1', 'Kiwi of a2', 'Kiwi of a3']);
    expect((await ana.get('/v1/sessions/a3/export?format=jsonl&lineage=true')).text).toContain('Kiwi of a2');
    expect(await ana.json('/api/sessions/a3')).toMatchObject({ session: { id: 'a3' } });
    for (const path of ['/v1/sessions/a3', '/v1/sessions/a3/messages', '/api/sessions/a3/messages'])
      expect([path, (await bo.get(path)).status]).toEqual([path, 404]);
    // Who branched from a conversation need not be who had it, and what nobody is named for is nobody's.
    for (const id of ['a-branch', 'n1', 'n2'])
      expect([id, (await ana.get(`/v1/sessions/${id}`)).status]).toEqual([id, 404]);
    expect(await owner.json('/v1/sessions/n2')).toMatchObject({ user_id: null });
  });

  it('is counted with what else is of its owner', async () => {
    const counted = { sessions: 4, conversations: 1, messages: 4 };
    expect(await ana.json('/v1/sessions/stats')).toMatchObject(counted);
    expect(await owner.json('/v1/sessions/stats?user_id=ana')).toMatchObject(counted);
  });

  it('is told to its owner when something happens in it', async () => {
    await Promise.all([ana, bo].map((server) => server.json('/v1/sessions')));
    const heardBy = (key: string): Promise<TestListener> =>
      TestListener.to(owner, '/v1/sessions/events', { key });
    const [anas, bos] = [await heardBy(keys.ana), await heardBy(keys.bo)];
    const writer = HistoryWriter.open(path);
    say(writer, 'a3', 'user', 'Another kiwi', hour(10));
    say(writer, 'b2', 'user', 'Another one', hour(11));
    writer.close();
    await anas.until((events) => events.some(({ type }) => type === 'message.created'));
    await bos.until((events) => events.some(({ type }) => type === 'message.created'));
    expect(anas.story.filter((line) => !line.includes('a3'))).toEqual([]);
    expect(bos.story.filter((line) => !line.includes('b2'))).toEqual([]);
    for (const listener of [anas, bos]) listener.leave();
  });

  it('follows the first session of its chain when an agent names its user, or leaves it', async () => {
    const writer = HistoryWriter.open(path);
    writer.db.exec(`UPDATE sessions SET user_id = 'ana' WHERE id = 'n1'`);
    await owner.settled();
    expect(await idsOf(ana, 'user_id=ana')).toEqual(['a3', 'n2']);
    expect((await ana.get('/v1/sessions/n2')).status).toBe(200);
    writer.db.exec(`UPDATE sessions SET parent_session_id = NULL WHERE id = 'n2'`);
    writer.close();
    await owner.settled();
    expect(await idsOf(ana, 'include_children=true&user_id=ana')).toEqual([
      'a1',
      'a2',
      'a3',
      'a3-race',
      'n1',
    ]);
    expect((await ana.get('/v1/sessions/n2')).status).toBe(404);
  });

  it('is gone for its owner when it becomes somebody else’s, who hears of it', async () => {
    const listeners = await Promise.all(
      [keys.ana, keys.bo].map((key) =>
        TestListener.to(owner, '/v1/sessions/events?include_children=true', { key }),
      ),
    );
    const [anas, bos] = listeners;
    const writer = HistoryWriter.open(path);
    writer.db.exec("UPDATE sessions SET user_id = 'bo' WHERE id = 'a1'");
    writer.close();
    await bos?.until(() => bos.story.some((line) => line.startsWith('session.updated a3 ')));
    await anas?.until(() => anas.story.includes('session.deleted a3'));
    expect(JSON.stringify(anas?.heard)).not.toContain('"bo"');
    for (const listener of listeners) listener.leave();
  });

  it('is not got by ending what it came from', async () => {
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'a-open', source: 'telegram', user_id: 'ana', started_at: hour(30) });
    writer.addSession({ id: 'heir', source: 'telegram', parent_session_id: 'a-open', started_at: hour(31) });
    writer.close();
    await owner.settled();
    const ended = await ana.patch('/api/sessions/a-open', { end_reason: 'compression' });
    expect(ended.status).toBe(404);
    expect((await ana.get('/v1/sessions/heir')).status).toBe(404);
    expect((await ana.patch('/api/sessions/a-open', { end_reason: 'user_exit' })).status).toBe(200);
    expect(await owner.json('/v1/sessions/a-open')).toMatchObject({ end_reason: 'user_exit' });
  });

  it('is changed and deleted by its owner alone', async () => {
    expect((await bo.patch('/v1/sessions/a3', { title: 'Mine' })).status).toBe(404);
    expect((await bo.delete('/v1/sessions/a3')).status).toBe(404);
    expect((await ana.patch('/v1/sessions/a3', { title: 'Kiwis', pinned: true })).status).toBe(200);
    expect((await bo.patch('/v1/sessions/b2', { title: 'Kiwis' })).body).toMatchObject({
      error: { message: expect.not.stringContaining('a3') },
    });
    const { body } = await ana.delete('/v1/sessions/a3?lineage=true');
    expect(body).toMatchObject({
      deleted_session_ids: expect.arrayContaining(['a1', 'a2', 'a3', 'a3-race']),
    });
    expect((await owner.get('/v1/sessions/a2')).status).toBe(404);
  });

  it('goes with its conversation in a clean-up by its owner', async () => {
    const criteria = { max_messages: 100, include_open: true };
    const { body: plan } = (await ana.post('/v1/sessions/prune', criteria)) as { body: { plan: string } };
    expect(plan).toMatchObject({ ids: ['a3'] });
    const { body } = await ana.post('/v1/sessions/prune', { ...criteria, dry_run: false, plan: plan.plan });
    expect(body).toMatchObject({ failed: [] });
    expect(await idsOf(owner, 'include_children=true&user_id=ana')).toEqual([]);
  });
});
