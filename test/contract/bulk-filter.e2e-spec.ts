import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { bulk, doAll, idsOf, PATH } from '../support/bulk.js';
import { hour, say, smallHistory, withManySessions } from '../support/histories.js';
import { BO, historyOfTwo, keyFileWith } from '../support/people.js';
import { TestServer } from '../support/server.js';

/** What a change would show in. */
type Facts = Pick<SessionListResponse['data'][number], 'id' | 'user_id' | 'archived' | 'pinned'>;

async function factsOf(server: TestServer, query: string): Promise<readonly Facts[]> {
  const { data } = await server.json<SessionListResponse>(`/v1/sessions?limit=200&sort=started_at&${query}`);
  return data.map(({ id, user_id, archived, pinned }) => ({ id, user_id, archived, pinned }));
}

describe('a change of all that a filter selects', () => {
  let path: string;
  let server: TestServer;

  beforeEach(async () => {
    path = smallHistory(25);
    server = await TestServer.start(path);
    await server.json('/v1/sessions');
  });

  afterEach(() => server.close());

  /** Writes beside the server, as an agent does. */
  async function write(change: (writer: HistoryWriter) => void): Promise<void> {
    const writer = HistoryWriter.open(path);
    writer.together(() => {
      change(writer);
    });
    writer.close();
    await server.settled();
  }

  it('is told first, made then, and taken back by what its answer says', async () => {
    const before = await idsOf(server, 'archived=false&platform=cli');
    expect(before.length).toBeGreaterThan(1);
    const body = { action: 'archive', filter: { platform: ['cli'], archived: 'any' } };
    const told = await bulk(server, body);
    expect(told).toMatchObject({ dry_run: true, remaining: before.length, data: [], undo: null });
    expect([...(told.ids ?? [])].sort()).toEqual(before);
    expect(await idsOf(server, 'archived=false&platform=cli')).toEqual(before);
    const done = await bulk(server, { ...body, dry_run: false, plan: told.plan });
    expect(done).toMatchObject({
      dry_run: false,
      succeeded: before.length,
      failed: 0,
      remaining: 0,
      plan: null,
    });
    expect(await idsOf(server, 'archived=false&platform=cli')).toEqual([]);
    // What was archived before stays so when it is taken back.
    const archived = await idsOf(server, 'archived=true&platform=cli');
    expect(archived.length).toBeGreaterThanOrEqual(before.length);
    expect((await bulk(server, done.undo ?? {})).failed).toBe(0);
    expect(await idsOf(server, 'archived=false&platform=cli')).toEqual(before);
    expect((await idsOf(server, 'archived=true&platform=cli')).length).toBe(archived.length - before.length);
  });

  it('is of what a search finds, and nothing else', async () => {
    const found = await idsOf(server, 'search=tomatoes');
    const others = (await idsOf(server, '')).filter((id) => !found.includes(id));
    expect([found.length > 0, others.length > 0]).toEqual([true, true]);
    const [done] = await doAll(server, { action: 'pin', filter: { search: 'tomatoes' } });
    expect(done?.undo).toMatchObject({ action: 'unpin', ids: found });
    expect(await idsOf(server, 'pinned=true')).toEqual(expect.arrayContaining([...found]));
    for (const id of others.slice(0, 3))
      expect(await server.json(`/v1/sessions/${id}`)).toMatchObject({ pinned: false });
  });

  it('deletes whole conversations, for good', async () => {
    const chain = ['chain-1', 'chain-2', 'chain-3'];
    const body = { action: 'delete', filter: { search: 'lighthouse', archived: 'any' } };
    const [done, ...more] = await doAll(server, body);
    expect([done, more]).toMatchObject([{ succeeded: 1, failed: 0, undo: null }, []]);
    expect(done?.data[0]?.deleted_session_ids).toEqual(expect.arrayContaining(chain));
    for (const id of chain) expect((await server.get(`/v1/sessions/${id}`)).status).toBe(404);
    expect((await server.get('/v1/sessions/plain')).status).toBe(200);
  });

  it('is of those that were told: what begins later is none of them, and what was said meanwhile is not lost', async () => {
    const archive = { action: 'archive', filter: {} };
    const remove = { action: 'delete', filter: { search: 'tomatoes' } };
    const [archived, deleted] = [await bulk(server, archive), await bulk(server, remove)];
    await write((writer) => {
      writer.addSession({ id: 'later', source: 'cli', started_at: hour(900) });
      say(writer, 'later', 'user', 'Later tomatoes', hour(900));
      say(writer, 'plain', 'user', 'More of tomatoes', hour(901));
    });
    const lost = await server.post(PATH, { ...remove, dry_run: false, plan: deleted.plan });
    expect([lost.status, lost.body]).toMatchObject([409, { error: { code: 'plan_changed', param: 'plan' } }]);
    const done = await bulk(server, { ...archive, dry_run: false, plan: archived.plan });
    expect([done.failed, done.remaining]).toEqual([0, 0]);
    expect(await idsOf(server, 'archived=false')).toEqual(['later']);
    for (const plan of ['x', `${'x'.repeat(32)}.1`, deleted.plan]) {
      const { status } = await server.post(PATH, { ...archive, dry_run: false, plan });
      expect([plan, status]).toEqual([plan, 409]);
    }
  });

  it('passes over what is as it should be, and does nothing where that is all', async () => {
    await doAll(server, { action: 'archive', filter: {} });
    expect(await bulk(server, { action: 'archive', filter: { archived: 'any' } })).toMatchObject({
      remaining: 0,
      plan: null,
      ids: [],
    });
  });
});

describe('a change that a history has no place for', () => {
  it('goes on behind what it tried, and ends', async () => {
    const server = await TestServer.start(withManySessions(smallHistory(16), 600));
    const answers = await doAll(server, { action: 'pin', filter: { platform: ['filler'] } });
    expect(answers).toMatchObject([
      { succeeded: 0, failed: 500, remaining: 40, undo: null },
      { succeeded: 0, failed: 40, remaining: 0, plan: null, undo: null },
    ]);
    await server.close();
  });
});

describe('a change of all that a filter selects, with a key that may do less', () => {
  it('is of what the key may know of, and may be told by one that may only read', async () => {
    const { path, token } = keyFileWith({ scopes: ['sessions:read'], user_id: 'ana' });
    const server = await TestServer.start(historyOfTwo(), { KEYS_FILE: path });
    const ana = server.as(token);
    const told = await bulk(ana, { action: 'archive', filter: {} });
    expect(told.remaining).toBeGreaterThan(0);
    expect(told.ids?.every((id) => id.startsWith('ana'))).toBe(true);
    expect(told.remaining).toBeLessThan(
      (await bulk(server, { action: 'archive', filter: {} })).remaining ?? 0,
    );
    const refused = await ana.post(PATH, { action: 'archive', filter: {}, dry_run: false, plan: told.plan });
    expect([refused.status, refused.body]).toMatchObject([403, { error: { code: 'insufficient_scope' } }]);
    await server.close();
  });

  it.each(['archive', 'pin', 'delete'])(
    'is of nobody else when it is to %s, whatever the filter names, and by no plan but its own',
    async (action) => {
      const { path, token } = keyFileWith({
        scopes: ['sessions:read', 'sessions:write', 'sessions:delete'],
        user_id: 'ana',
      });
      const server = await TestServer.start(historyOfTwo(), { KEYS_FILE: path });
      const ana = server.as(token);
      const all = 'include_children=true&archived=any';
      const others = async (): Promise<readonly Facts[]> =>
        (await factsOf(server, all)).filter(({ user_id: user }) => user !== 'ana');
      const before = await factsOf(server, all);
      const ofOthers = await others();
      expect(ofOthers.map(({ user_id: user }) => user)).toEqual(expect.arrayContaining(['bo', null]));
      for (const filter of [{ user_id: 'bo' }, { search: BO }])
        expect(await bulk(ana, { action, filter })).toMatchObject({ remaining: 0, plan: null, ids: [] });

      // Both match the words of all, so that only the key tells one plan from the other.
      const body = { action, filter: { search: 'apples', archived: 'any' } };
      const [whole, own] = [await bulk(server, body), await bulk(ana, body)];
      expect(own.remaining).toBeLessThan(whole.remaining ?? 0);
      for (const [one, plan] of [
        [ana, whole.plan],
        [server, own.plan],
      ] as const) {
        const refused = await one.post(PATH, { ...body, dry_run: false, plan });
        expect([refused.status, refused.body]).toMatchObject([409, { error: { code: 'plan_changed' } }]);
      }
      expect(await factsOf(server, all)).toEqual(before);

      const done = await bulk(ana, { ...body, dry_run: false, plan: own.plan });
      expect([done.succeeded, done.failed]).toEqual([own.remaining, 0]);
      expect(done.data.every(({ id }) => id.startsWith('ana'))).toBe(true);
      expect(await others()).toEqual(ofOthers);
      expect(await factsOf(server, all)).not.toEqual(before);
      await server.close();
    },
  );
});
