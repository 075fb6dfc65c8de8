import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { kindsOfFile, LAYOUTS } from '../support/breadth.js';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { BulkSessionsResponse } from '../../src/sessions/dto/bulk-sessions.response.js';
import { hour, say, smallHistory, withManySessions } from '../support/histories.js';
import { TestServer } from '../support/server.js';

const refusal = (code: string): unknown => ({
  ok: false,
  error: { message: expect.any(String), type: expect.any(String), param: null, code },
});

describe.each(LAYOUTS)('bulk changes on schema version %d', (version) => {
  let path: string;
  let server: TestServer;

  beforeEach(async () => {
    path = smallHistory(version, version === 16 ? 'delete' : 'wal');
    server = await TestServer.start(path);
    await server.json('/v1/sessions');
  });

  afterEach(async () => {
    await server.close();
    const db = new Sqlite(path);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    db.close();
  });

  async function bulk(body: object): Promise<BulkSessionsResponse> {
    const response = await server.post('/v1/sessions/bulk', body);
    expect([response.status, response.body]).toEqual([200, expect.anything()]);
    return response.body as BulkSessionsResponse;
  }

  it.each([
    ['archive', 'archived', true, 16],
    ['unarchive', 'archived', false, 16],
    ['pin', 'pinned', true, 25],
    ['unpin', 'pinned', false, 25],
  ] as const)(
    '%s: each session with its chain, and an outcome for each id',
    async (action, flag, value, since) => {
      const ids = ['chain-2', 'nobody', 'archived', 'plain'];
      const answer = await bulk({ action, ids });
      if (version < since) {
        const refused = {
          ok: false,
          error: expect.objectContaining({ code: 'unsupported_by_store', param: flag }),
        };
        expect(answer.data).toEqual(
          ids.map((id) =>
            id === 'nobody' ? { id, ...(refusal('session_not_found') as object) } : { id, ...refused },
          ),
        );
        return;
      }
      expect(answer).toEqual({
        object: 'hermes.session.bulk',
        action,
        data: [
          { id: 'chain-2', ok: true },
          { id: 'nobody', ...(refusal('session_not_found') as object) },
          { id: 'archived', ok: true },
          { id: 'plain', ok: true },
        ],
        succeeded: 3,
        failed: 1,
      });
      for (const id of ['chain-1', 'chain-2', 'chain-3', 'archived', 'plain'])
        expect(await server.json(`/v1/sessions/${id}`)).toMatchObject({ [flag]: value });
      expect(await server.json('/v1/sessions/branch')).toMatchObject({ [flag]: false });
    },
  );

  it('delete: with delegates, transcript files and the next list, and what went with another is not found', async () => {
    const folder = join(dirname(path), 'sessions');
    mkdirSync(folder);
    for (const id of ['plain', 'delegate', 'branch']) writeFileSync(join(folder, `${id}.json`), '{}');
    const answer = await bulk({ action: 'delete', ids: ['plain', 'delegate', 'empty', 'nobody'] });
    expect(answer).toMatchObject({
      action: 'delete',
      data: [
        { id: 'plain', ok: true, deleted_session_ids: ['plain', 'delegate', 'delegate-of-delegate'] },
        { id: 'delegate', ...(refusal('session_not_found') as object) },
        { id: 'empty', ok: true, deleted_session_ids: ['empty'] },
        { id: 'nobody', ...(refusal('session_not_found') as object) },
      ],
      succeeded: 2,
      failed: 2,
    });
    await server.settled();
    expect(existsSync(join(folder, 'plain.json')) || existsSync(join(folder, 'delegate.json'))).toBe(false);
    expect(existsSync(join(folder, 'branch.json'))).toBe(true);
    expect(await server.json('/v1/sessions?search=tomatoes')).toMatchObject({ total: 0 });
    expect(await server.json('/v1/sessions/branch')).toMatchObject({ parent_session_id: null });
  });

  it('delete leaves a session alone while an agent is in the middle of it, and no other; unless forced', async () => {
    if (version < 25) return;
    const writer = HistoryWriter.open(path);
    writer.db
      .prepare(
        "INSERT INTO session_turn_leases (conversation_id, holder, acquired_at, expires_at) VALUES ('plain', 'agent', 0, ?)",
      )
      .run(Date.now() / 1000 + 3600);
    writer.close();
    await server.settled();
    const body = { action: 'delete', ids: ['plain', 'branch'] };
    expect((await bulk(body)).data).toEqual([
      { id: 'plain', ...(refusal('session_busy') as object) },
      { id: 'branch', ok: true, deleted_session_ids: ['branch'] },
    ]);
    expect((await bulk({ ...body, ids: ['plain'], force: true })).succeeded).toBe(1);
  });
});

describe.each(LAYOUTS)('bulk changes that are refused on schema version %d', (version) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(smallHistory(version));
  });

  afterAll(() => server.close());

  it.each([
    [{}, 'invalid_parameter', 'action'],
    [{ action: 'rename', ids: ['plain'] }, 'invalid_parameter', 'action'],
    [{ action: 'archive' }, 'invalid_parameter', 'ids'],
    [{ action: 'archive', ids: [] }, 'invalid_parameter', 'ids'],
    [{ action: 'archive', ids: 'plain' }, 'invalid_parameter', 'ids'],
    [{ action: 'archive', ids: ['plain', 5] }, 'invalid_parameter', 'ids'],
    [{ action: 'archive', ids: ['plain', ''] }, 'invalid_parameter', 'ids'],
    [{ action: 'archive', ids: ['plain', 'plain'] }, 'invalid_parameter', 'ids'],
    [
      { action: 'archive', ids: Array.from({ length: 501 }, (_, at) => `id-${at}`) },
      'invalid_parameter',
      'ids',
    ],
    [{ action: 'delete', ids: ['plain'], force: 'true' }, 'invalid_parameter', 'force'],
    [{ action: 'delete', ids: ['plain'], dry_run: true }, 'invalid_parameter', 'dry_run'],
    [{ action: 'archive', ids: ['plain'], plan: 'x' }, 'invalid_parameter', 'plan'],
    [{ action: 'archive', ids: ['plain'], filter: {} }, 'invalid_parameter', 'ids'],
    [{ action: 'archive', profile: 'default', filter: {} }, 'invalid_parameter', 'profile'],
    [{ action: 'archive', filter: 'all' }, 'invalid_parameter', 'filter'],
    [{ action: 'archive', filter: [{}] }, 'invalid_parameter', 'filter'],
    [{ action: 'archive', filter: { platfrom: ['cli'] } }, 'unknown_parameter', 'filter.platfrom'],
    [{ action: 'archive', filter: { platform: 'cli' } }, 'invalid_parameter', 'filter.platform'],
    [{ action: 'archive', filter: {}, dry_run: false }, 'invalid_parameter', 'plan'],
    [['plain'], 'invalid_body', null],
  ])('refuses %j and changes nothing', async (body, code, param) => {
    const response = await server.post('/v1/sessions/bulk', body);
    expect([response.status, response.body]).toMatchObject([400, { error: { code, param } }]);
    expect(await server.json('/v1/sessions/plain')).toMatchObject({ archived: false });
  });

  it('says that it can', async () => {
    expect(await server.json('/v1/capabilities')).toMatchObject({
      features: { sessions_bulk: true },
      endpoints: { sessions_bulk: { method: 'POST', path: '/v1/sessions/bulk' } },
    });
  });
});

/** More than go in one transaction on either store. */
const MANY = 200;

describe.each(kindsOfFile<'wal' | 'delete'>(['wal', 'delete'], ['wal']))(
  'many sessions in %s mode',
  (mode) => {
    it('go in several transactions, between which an agent writes, and none is forgotten', async () => {
      const path = withManySessions(smallHistory(25, mode));
      const writer = HistoryWriter.open(path);
      writer.together(() => {
        for (let number = 0; number < MANY; number++)
          for (let at = 0; at < 12; at++)
            say(writer, `filler-${number}`, 'user', `Line ${at} of a longer filler`, hour(-1));
      });
      const server = await TestServer.start(path);
      await server.json('/v1/sessions');
      const deleted = writer.db
        .prepare("SELECT 600 - count(*) FROM sessions WHERE id LIKE 'filler-%'")
        .pluck();
      /** How many were deleted each time that the agent wrote. */
      const between = new Set<unknown>();
      const agent = setInterval(() => {
        writer.together(() => {
          say(writer, 'plain', 'user', 'Meanwhile', hour(30));
          between.add(deleted.get());
        });
      }, 1);
      const ids = Array.from({ length: MANY }, (_, number) => `filler-${number}`);
      const { status, body } = await server.post('/v1/sessions/bulk', { action: 'delete', ids });
      await server.settled();
      clearInterval(agent);
      expect([status, (body as BulkSessionsResponse).succeeded]).toEqual([200, MANY]);
      expect([...between].filter((count) => count !== 0 && count !== MANY).length).toBeGreaterThan(0);
      expect(await server.json('/v1/sessions?archived=any&platform=filler')).toMatchObject({
        total: 600 - MANY,
      });
      expect(
        writer.db.prepare("SELECT count(*) FROM messages WHERE session_id LIKE 'filler-%'").pluck().get(),
      ).toBe(600 - MANY);
      writer.db.exec("INSERT INTO messages_fts(messages_fts, rank) VALUES ('integrity-check', 1)");
      writer.close();
      await server.close();
    });
  },
);
