import type { PruneSessionsResponse } from '../../src/sessions/dto/prune-sessions.response.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { doAll, idsOf } from '../support/bulk.js';
import { createDatabase } from '../support/database.js';
import { smallHistory } from '../support/histories.js';
import { TestServer, testSettings } from '../support/server.js';
import { TestShipper } from '../support/shipped.js';

/** Changes come to the hosts in this order, which is that of hashes of their names. */
const [APART, LAPTOP] = ['apart', 'laptop'];

describe('a host whose history is only read, beside one that makes changes', () => {
  let server: TestServer;

  beforeEach(async () => {
    const url = await createDatabase();
    for (const [origin, readsOnly] of [
      [APART, 'on'],
      [LAPTOP, 'off'],
    ] as const) {
      const settings = testSettings({ STATE_DB: smallHistory(25), SHIP_READ_ONLY: readsOnly });
      const shipper = await TestShipper.start(settings, url, origin);
      await shipper.settled();
      await shipper.stop();
    }
    server = await TestServer.onDatabase(url);
  });

  afterEach(() => server.close());

  it('keeps a change of all that a filter selects from nobody else', async () => {
    const all = await idsOf(server, `origin=${LAPTOP}`);
    const [refused, made, ...more] = await doAll(server, { action: 'archive', filter: {} });
    expect(refused).toMatchObject({ succeeded: 0, failed: all.length, remaining: all.length });
    expect(refused?.data[0]?.error).toMatchObject({ code: 'unsupported_by_store' });
    expect([made, more]).toMatchObject([{ succeeded: all.length, failed: 0, plan: null }, []]);
    expect(await idsOf(server, `origin=${LAPTOP}`)).toEqual([]);
    expect(await idsOf(server, `origin=${APART}`)).toEqual(all);
  });

  it.each(['archive', 'delete'])('is no part of a clean-up that is to %s', async (action) => {
    const prune = async (body: object): Promise<PruneSessionsResponse> => {
      const { status, body: answer } = await server.post('/v1/sessions/prune', {
        ...CRITERIA,
        action,
        ...body,
      });
      expect(status).toBe(200);
      return answer as PruneSessionsResponse;
    };
    const { total } = await server.json<SessionListResponse>(`/v1/sessions?archived=any&origin=${LAPTOP}`);
    const told = await prune({});
    expect(told.count).toBeGreaterThan(0);
    expect(told.count).toBeLessThanOrEqual(total);
    const done = await prune({ dry_run: false, plan: told.plan });
    expect(done).toMatchObject({ count: told.count, failed: [], remaining: 0 });
    const alone = await server.post('/v1/sessions/prune', { ...CRITERIA, action, origin: [APART] });
    expect([alone.status, alone.body]).toMatchObject([409, { error: { code: 'unsupported_by_store' } }]);
  });
});

/** Everything. */
const CRITERIA = { max_messages: 1_000_000, include_open: true, include_pinned: true };
