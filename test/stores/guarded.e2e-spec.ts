import { guardedLeft, historyWithGuarded, keepsNoOtherFromGoing } from '../support/guarded.js';
import { TestServer } from '../support/server.js';

/** Hermes guards what its ledgers need by triggers that raise. */
const GUARD = `CREATE TRIGGER guard BEFORE DELETE ON sessions WHEN old.id = 'old-1'
  BEGIN SELECT RAISE(ABORT, 'old-1 is under audit'); END`;

describe('a session that a trigger of the history keeps from being deleted', () => {
  let server: TestServer;

  beforeEach(async () => {
    server = await TestServer.start(historyWithGuarded((writer) => writer.db.exec(GUARD)));
    await server.json('/v1/sessions');
  });

  afterEach(() => server.close());

  const refusal: unknown = expect.objectContaining({
    code: 'refused_by_history',
    message: expect.stringContaining('under audit') as string,
  });

  it('is refused with the reason, by itself', async () => {
    const response = await server.delete('/v1/sessions/old-1');
    expect([response.status, response.body]).toEqual([409, { error: refusal }]);
    expect(await guardedLeft(server)).toEqual(['old-2', 'old-1', 'old-0']);
  });

  it('is refused as well where the trigger asks for a function that Hermes alone has', async () => {
    const asking = GUARD.replace("RAISE(ABORT, 'old-1 is under audit')", 'ask_hermes(old.id)');
    const other = await TestServer.start(historyWithGuarded((writer) => writer.db.exec(asking)));
    const response = await other.delete('/v1/sessions/old-1');
    expect([response.status, response.text]).toEqual([409, expect.stringContaining('ask_hermes')]);
    await other.close();
  });

  keepsNoOtherFromGoing(() => server, refusal);
});

describe('a session that triggers of the history keep from every change', () => {
  it.each([
    ['delete', '/v1/sessions/old-1', undefined],
    ['delete', '/v1/sessions/old-1?lineage=true', undefined],
    ['patch', '/v1/sessions/old-1', { title: 'Taken' }],
    ['patch', '/v1/sessions/old-1', { archived: true }],
    ['delete', '/api/sessions/old-1', undefined],
    ['patch', '/api/sessions/old-1', { title: 'Taken' }],
    ['post', '/api/sessions/old-1/fork', {}],
  ])('answers %s %s with the reason, and is as it was', async (method, path, body) => {
    const onUpdate = GUARD.replace('guard BEFORE DELETE', 'guard_update BEFORE UPDATE');
    const onInsert = GUARD.replace('guard BEFORE DELETE', 'guard_insert BEFORE INSERT').replace(
      'old.id',
      'new.parent_session_id',
    );
    const server = await TestServer.start(
      historyWithGuarded((writer) => writer.db.exec(`${GUARD}; ${onUpdate}; ${onInsert}`)),
    );
    const before = await server.json('/v1/sessions/old-1');
    const response = await server.send(method, path, body);
    expect([response.status, response.text]).toEqual([409, expect.stringContaining('under audit')]);
    expect(await server.json('/v1/sessions/old-1')).toEqual(before);
    await server.close();
  });
});
