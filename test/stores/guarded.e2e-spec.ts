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

  keepsNoOtherFromGoing(() => server, refusal);
});
