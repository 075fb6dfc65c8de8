import { HistoryWriter } from '../../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../../src/sessions/dto/session-list.response.js';
import { bulk, doAll, idsOf } from '../../support/bulk.js';
import { smallHistory, withManySessions } from '../../support/histories.js';
import { atLength } from '../../support/rounds.js';
import { TestServer } from '../../support/server.js';

describe('a change of more than one request makes', () => {
  it('goes on with the plan of each answer until nothing remains', async () => {
    // A tenth of them is archived already.
    const many = atLength(1200, 560);
    const server = await TestServer.start(withManySessions(smallHistory(25), many));
    const { total } = await server.json<SessionListResponse>('/v1/sessions?platform=filler');
    expect(total).toBe(0.9 * many);
    const answers = await doAll(server, { action: 'archive', filter: { platform: ['filler'] } });
    expect(answers.map(({ succeeded, remaining }) => [succeeded, remaining])).toEqual(
      atLength(
        [
          [500, 580],
          [500, 80],
          [80, 0],
        ],
        [
          [500, 4],
          [4, 0],
        ],
      ),
    );
    expect(await server.json('/v1/sessions?platform=filler')).toMatchObject({ total: 0 });
    for (const { undo } of answers) await bulk(server, undo ?? {});
    expect(await server.json('/v1/sessions?platform=filler')).toMatchObject({ total });
    await server.close();
  });
});

describe('a change that some of what is selected refuse', () => {
  it('tells of each of them once, and goes on with the others', async () => {
    const path = withManySessions(smallHistory(25), 560);
    const server = await TestServer.start(path);
    const body = { action: 'delete', filter: { platform: ['filler'] } };
    const { ids = [], remaining: all = 0 } = await bulk(server, body);
    const busy = ids.slice(0, 3);
    const writer = HistoryWriter.open(path);
    for (const id of busy)
      writer.db
        .prepare(
          "INSERT INTO session_turn_leases (conversation_id, holder, acquired_at, expires_at) VALUES (?, 'agent', 0, ?)",
        )
        .run(id, Date.now() / 1000 + 3600);
    writer.close();
    await server.settled();
    const answers = await doAll(server, body);
    expect(answers.length).toBeGreaterThan(1);
    const refused = answers.flatMap(({ data }) => data.filter(({ ok }) => !ok));
    expect(refused.map(({ id, error }) => [id, error?.code]).sort()).toEqual(
      busy.map((id) => [id, 'session_busy']).sort(),
    );
    expect(answers.reduce((sum, { succeeded }) => sum + succeeded, 0)).toBe(all - busy.length);
    expect(await idsOf(server, 'platform=filler')).toEqual([...busy].sort());
    await server.close();
  });
});
