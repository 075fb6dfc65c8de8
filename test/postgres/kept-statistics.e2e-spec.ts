import type { SessionStatisticsResponse } from '../../src/statistics/session-statistics.response.js';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { runSql } from '../support/database.js';
import { hour, smallHistory, withManySessions } from '../support/histories.js';
import { historyOfTwo, keyFileWith } from '../support/people.js';
import { TestServer } from '../support/server.js';
import { ShippedHost } from '../support/shipped-host.js';

/** Sessions of more than one slice. */
const MANY = 5000;

const FILLERS_FROM = hour(-2000);
const DAY = 86_400;

const time = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** All sessions, some of them, and those that began in a time that ends within a slice. */
const QUERIES = [
  '',
  '?time_zone=Asia/Kathmandu',
  '?platform=filler',
  '?user_id=nobody',
  `?since=${time(FILLERS_FROM + 10.5 * DAY)}&until=${time(FILLERS_FROM + 150 * DAY)}`,
  `?since=${time(FILLERS_FROM + 190 * DAY)}`,
  '?until=1980-01-01',
];

/** What a server tells; sums of fractions differ in their last digits by the order of summing. */
async function statistics(server: TestServer): Promise<readonly unknown[]> {
  const answers: unknown[] = [];
  for (const query of QUERIES) {
    const answer = await server.json<SessionStatisticsResponse>(`/v1/sessions/stats${query}`);
    answers.push(
      JSON.parse(JSON.stringify(answer), (_key, value: unknown) =>
        typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value,
      ),
    );
  }
  return answers;
}

describe('statistics of which most were counted before', () => {
  let host: ShippedHost;
  let server: TestServer;

  beforeAll(async () => {
    host = await ShippedHost.start(withManySessions(smallHistory(25), MANY));
    server = await TestServer.onDatabase(host.url);
    await statistics(server);
  });

  afterAll(() => host.offline());

  /** Statistics as a server tells them that has counted nothing before. */
  async function countedAnew(): Promise<readonly unknown[]> {
    const other = await TestServer.onDatabase(host.url);
    const answers = await statistics(other);
    await other.close();
    return answers;
  }

  it.each<[string, () => unknown]>([
    ['nothing happened', () => undefined],
    [
      'a conversation went on',
      () => {
        host.say(3, 'And', hour(80));
      },
    ],
    [
      'one began',
      () => {
        host.addSession('new');
      },
    ],
    [
      'rows of several slices changed',
      () => {
        host.run(`UPDATE sessions SET input_tokens = 7, model = 'other', ended_at = started_at + 1
          WHERE id IN ('filler-1', 'filler-4500')`);
      },
    ],
    [
      'one became the end of another',
      () => {
        host.run(`UPDATE sessions SET end_reason = 'compression', ended_at = started_at + 1 WHERE id = 'filler-7';
          UPDATE sessions SET parent_session_id = 'filler-7', started_at = (SELECT ended_at FROM sessions WHERE id = 'filler-7')
            WHERE id = 'filler-8'`);
      },
    ],
    [
      'some were deleted',
      () => server.post('/v1/sessions/bulk', { action: 'delete', ids: ['filler-2', 'new'] }),
    ],
  ])('are the same as counted anew after %s', async (_what, happens) => {
    await happens();
    await host.settled();
    expect(await statistics(server)).toEqual(await countedAnew());
  });

  it('say so where the database does not know a time zone', async () => {
    expect(await server.get('/v1/sessions/stats?time_zone=US/Pacific-New')).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_parameter', param: 'time_zone' } },
    });
  });

  it('count what changed in the database alone', async () => {
    const [before] = await statistics(server);
    await runSql(host.url, `UPDATE sessions SET actual_cost_usd = 100 WHERE id = 'filler-3000'`);
    const [after] = await statistics(server);
    expect(before).toMatchObject({ usage: { actual_cost_usd: null } });
    expect(after).toMatchObject({ usage: { actual_cost_usd: 100 } });
  });
});

describe('statistics of a damaged history', () => {
  it('leave out what has no sum', async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.db.exec('UPDATE sessions SET input_tokens = 1.7e308, output_tokens = 5');
    writer.close();
    const host = await ShippedHost.start(path);
    const server = await TestServer.onDatabase(host.url);
    const { usage, sessions } = await server.json<SessionStatisticsResponse>('/v1/sessions/stats');
    expect(usage).toMatchObject({ input_tokens: null, output_tokens: 5 * sessions });
    await host.offline();
  });
});

describe('statistics of one person after those of everybody', () => {
  it('have nothing of others', async () => {
    const host = await ShippedHost.start(historyOfTwo());
    const keys = keyFileWith({ user_id: 'ana' });
    const server = await TestServer.onDatabase(host.url, { KEYS_FILE: keys.path });
    const all = await server.json<SessionStatisticsResponse>('/v1/sessions/stats');
    const own = await server.as(keys.token).json<SessionStatisticsResponse>('/v1/sessions/stats');
    expect(own.sessions).toBeGreaterThan(0);
    expect(own.sessions).toBeLessThan(all.sessions);
    expect(await server.json('/v1/sessions/stats')).toEqual(all);
    await host.offline();
  });
});
