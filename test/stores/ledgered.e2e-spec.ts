import type { PruneSessionsResponse } from '../../src/sessions/dto/prune-sessions.response.js';
import { guardedLeft, historyWithGuarded } from '../support/guarded.js';
import { runCli } from '../support/process.js';
import { TestServer } from '../support/server.js';

/** As newer versions of Hermes keep one of what their gateway runs. */
const LEDGER = `CREATE TABLE session_admissions (
    seq INTEGER PRIMARY KEY, target_session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE RESTRICT
  );
  INSERT INTO session_admissions (target_session_id) VALUES ('old-1'), ('old-1');`;

const GUARD = `CREATE TRIGGER sessions_runtime_ledger_delete_guard BEFORE DELETE ON sessions
  WHEN EXISTS (SELECT 1 FROM session_admissions WHERE target_session_id = old.id)
  BEGIN SELECT RAISE(ABORT, 'written by a newer Hermes: run hermes update'); END;`;

// An upgraded file has its trigger only after Hermes has opened it once more.
describe.each([
  ['with a trigger that guards it', `${LEDGER}${GUARD}`],
  ['that nothing guards yet', LEDGER],
])("a ledger of Hermes's gateway %s", (_what, sql) => {
  let path: string;
  let server: TestServer;

  beforeEach(async () => {
    path = historyWithGuarded((writer) => writer.db.exec(sql));
    server = await TestServer.start(path);
    await server.json('/v1/sessions');
  });

  afterEach(() => server.close());

  const refusal: unknown = expect.objectContaining({
    code: 'refused_by_history',
    message: expect.stringContaining('Hermes alone can delete it') as string,
  });

  it('keeps its sessions from being deleted, in words that say who can', async () => {
    for (const query of ['', '?force=true', '?lineage=true']) {
      const { status, body } = await server.delete(`/v1/sessions/old-1${query}`);
      expect([status, body]).toEqual([409, { error: refusal }]);
    }
    const ids = ['old-0', 'old-1'];
    const { body } = await server.post('/v1/sessions/bulk', { action: 'delete', ids });
    expect(body).toMatchObject({ succeeded: 1, data: [{ ok: true }, { ok: false, error: refusal }] });
    expect(await guardedLeft(server)).toEqual(['old-2', 'old-1']);
  });

  it('is told by the doctor', async () => {
    const { stdout } = await runCli(['doctor'], { STATE_DB: path });
    expect(stdout).toContain("Hermes's gateway keeps a ledger of 1 of the sessions");
  });

  it('is told by a dry run, which counts without them, and of which all is done then', async () => {
    const selection = { platform: ['old'], older_than: '30d' };
    const planned = (await server.post('/v1/sessions/prune', selection)).body as PruneSessionsResponse;
    expect(planned).toMatchObject({
      ...{ count: 2, ids: ['old-0', 'old-2'] },
      failed: [{ id: 'old-1', ok: false, error: refusal }],
    });
    const { plan } = planned;
    const { body } = await server.post('/v1/sessions/prune', { ...selection, dry_run: false, plan });
    expect(body).toMatchObject({ count: 2, ids: ['old-0', 'old-2'], failed: [], remaining: 0 });
    expect(await guardedLeft(server)).toEqual(['old-1']);
    const archiving = await server.post('/v1/sessions/prune', { ...selection, action: 'archive' });
    expect(archiving.body).toMatchObject({ count: 1, ids: ['old-1'], failed: [] });
  });
});
