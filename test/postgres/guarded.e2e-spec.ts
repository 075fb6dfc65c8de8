import type { BulkSessionsResponse } from '../../src/sessions/dto/bulk-sessions.response.js';
import type { PruneSessionsResponse } from '../../src/sessions/dto/prune-sessions.response.js';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { createDatabase, runSql } from '../support/database.js';
import { hour, smallHistory } from '../support/histories.js';
import { TestServer, testSettings } from '../support/server.js';
import { TestShipper } from '../support/shipped.js';

const GUARD = `
  CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not this one'; END $$;
  CREATE TRIGGER guard BEFORE DELETE ON sessions FOR EACH ROW WHEN (old.id = 'old-1') EXECUTE FUNCTION guard()`;

describe('a session at which the database fails', () => {
  let server: TestServer;

  beforeEach(async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    for (const [number, id] of ['old-0', 'old-1', 'old-2'].entries()) {
      const startedAt = hour(-10_000 + number);
      writer.addSession({ id, source: 'old', started_at: startedAt, ended_at: startedAt + 60 });
    }
    writer.close();
    const url = await createDatabase();
    const shipper = await TestShipper.start(testSettings({ STATE_DB: path }), url);
    await shipper.settled();
    await shipper.stop();
    await runSql(url, GUARD);
    server = await TestServer.onDatabase(url);
  });

  afterEach(() => server.close());

  const refusal = {
    id: 'old-1',
    ok: false,
    error: expect.objectContaining({ code: 'internal_error' }) as unknown,
  };

  async function left(): Promise<unknown> {
    const list = await server.json<{ data: { id: string }[] }>('/v1/sessions?platform=old');
    return list.data.map(({ id }) => id);
  }

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
