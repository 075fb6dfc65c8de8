import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';

describe.each(['wal', 'delete'] as const)('many sessions of a file in %s mode', (mode) => {
  it('are told one by one when an agent holds the lock for too long, and nothing is changed', async () => {
    const path = smallHistory(25, mode);
    const server = await TestServer.start(path);
    await server.json('/v1/sessions');
    const writer = HistoryWriter.open(path);
    writer.db.exec('BEGIN IMMEDIATE');
    const { status, body } = await server.post('/v1/sessions/bulk', {
      action: 'archive',
      ids: ['plain', 'branch'],
    });
    const ofDashboard = await server.post('/dashboard/api/sessions/bulk-delete', { ids: ['plain'] });
    writer.db.exec('ROLLBACK');
    writer.close();
    expect([status, body]).toMatchObject([
      200,
      {
        data: [
          { id: 'plain', ok: false, error: { code: 'store_busy' } },
          { id: 'branch', ok: false },
        ],
        failed: 2,
      },
    ]);
    expect([ofDashboard.status, ofDashboard.body]).toEqual([503, { detail: expect.any(String) }]);
    expect(await server.json('/v1/sessions/plain')).toMatchObject({ archived: false });
    await server.close();
  });
});
