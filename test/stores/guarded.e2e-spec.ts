import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { BulkSessionsResponse } from '../../src/sessions/dto/bulk-sessions.response.js';
import type { PruneSessionsResponse } from '../../src/sessions/dto/prune-sessions.response.js';
import { hour, smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';

/** Hermes guards what its ledgers need by triggers that raise. */
const GUARD = `CREATE TRIGGER guard BEFORE DELETE ON sessions WHEN old.id = 'old-1'
  BEGIN SELECT RAISE(ABORT, 'old-1 is under audit'); END`;

describe('a session that a trigger of the history keeps from being deleted', () => {
  let server: TestServer;

  beforeEach(async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    for (const [number, id] of ['old-0', 'old-1', 'old-2'].entries()) {
      const startedAt = hour(-10_000 + number);
      writer.addSession({ id, source: 'old', started_at: startedAt, ended_at: startedAt + 60 });
    }
    writer.db.exec(GUARD);
    writer.close();
    server = await TestServer.start(path);
    await server.json('/v1/sessions');
  });

  afterEach(() => server.close());

  const refusal = {
    id: 'old-1',
    ok: false,
    error: expect.objectContaining({
      code: 'refused_by_history',
      message: expect.stringContaining('under audit') as string,
    }) as unknown,
  };

  async function left(): Promise<unknown> {
    const list = await server.json<{ data: { id: string }[] }>('/v1/sessions?platform=old');
    return list.data.map(({ id }) => id);
  }

  it('is refused with the reason, by itself', async () => {
    const response = await server.delete('/v1/sessions/old-1');
    expect([response.status, response.body]).toEqual([409, { error: refusal.error }]);
    expect(await left()).toEqual(['old-2', 'old-1', 'old-0']);
  });

  it('keeps no other from being deleted', async () => {
    const { body } = await server.post('/v1/sessions/bulk', {
      action: 'delete',
      ids: ['old-0', 'old-1', 'old-2'],
    });
    expect((body as BulkSessionsResponse).data).toEqual([
      expect.objectContaining({ id: 'old-0', ok: true }),
      refusal,
      expect.objectContaining({ id: 'old-2', ok: true }),
    ]);
    expect(await left()).toEqual(['old-1']);
  });

  it('keeps no other from being cleaned up', async () => {
    const selection = { platform: ['old'], older_than: '30d' };
    const { plan } = (await server.post('/v1/sessions/prune', selection)).body as PruneSessionsResponse;
    const { body } = await server.post('/v1/sessions/prune', { ...selection, dry_run: false, plan });
    expect(body).toMatchObject({ count: 2, ids: ['old-0', 'old-2'], failed: [refusal], remaining: 0 });
    expect(await left()).toEqual(['old-1']);
  });
});
