import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { BulkSessionsResponse } from '../../src/sessions/dto/bulk-sessions.response.js';
import type { PruneSessionsResponse } from '../../src/sessions/dto/prune-sessions.response.js';
import { hour, smallHistory } from './histories.js';
import type { TestServer } from './server.js';

/** A history with three old sessions, of which `old-1` is protected from deletion. @returns its path. */
export function historyWithGuarded(change: (writer: HistoryWriter) => void = () => undefined): string {
  const path = smallHistory(25);
  const writer = HistoryWriter.open(path);
  for (const [number, id] of ['old-0', 'old-1', 'old-2'].entries()) {
    const startedAt = hour(-10_000 + number);
    writer.addSession({ id, source: 'old', started_at: startedAt, ended_at: startedAt + 60 });
  }
  change(writer);
  writer.close();
  return path;
}

/** The remaining old sessions, newest first. */
export async function guardedLeft(server: TestServer): Promise<readonly string[]> {
  const list = await server.json<{ data: { id: string }[] }>('/v1/sessions?platform=old');
  return list.data.map(({ id }) => id);
}

/** @param error the error reported for `old-1`. */
export function keepsNoOtherFromGoing(serverOf: () => TestServer, error: unknown): void {
  const refusal = { id: 'old-1', ok: false, error };

  it('keeps no other from being deleted', async () => {
    const ids = ['old-0', 'old-1', 'old-2'];
    const { body } = await serverOf().post('/v1/sessions/bulk', { action: 'delete', ids });
    expect((body as BulkSessionsResponse).data).toEqual([
      expect.objectContaining({ id: 'old-0', ok: true }),
      refusal,
      expect.objectContaining({ id: 'old-2', ok: true }),
    ]);
    expect(await guardedLeft(serverOf())).toEqual(['old-1']);
  });

  it('keeps no other from being cleaned up', async () => {
    const selection = { platform: ['old'], older_than: '30d' };
    const planned = await serverOf().post('/v1/sessions/prune', selection);
    const { plan } = planned.body as PruneSessionsResponse;
    const { body } = await serverOf().post('/v1/sessions/prune', { ...selection, dry_run: false, plan });
    expect(body).toMatchObject({ count: 2, ids: ['old-0', 'old-2'], failed: [refusal], remaining: 0 });
    expect(await guardedLeft(serverOf())).toEqual(['old-1']);
  });
}
