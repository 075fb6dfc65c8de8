import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { writeDemoHistory } from '../../src/demo/demo-history.js';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { LAYOUTS } from '../support/breadth.js';
import type { SessionStatisticsResponse } from '../../src/statistics/session-statistics.response.js';
import { hour, smallHistory } from '../support/histories.js';
import { historyOfTwo, keyFileWith } from '../support/people.js';
import { writeProfile } from '../support/profiles.js';
import { ORIGIN, temporaryFolder, TestServer } from '../support/server.js';

const COUNTS = `count(*) AS sessions,
  sum((SELECT count(*) FROM messages m WHERE m.session_id = s.id)) AS messages,
  sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
  sum(cache_read_tokens) AS cache_read_tokens, sum(cache_write_tokens) AS cache_write_tokens,
  sum(reasoning_tokens) AS reasoning_tokens, sum(estimated_cost_usd) AS estimated_cost_usd,
  sum(actual_cost_usd) AS actual_cost_usd, sum(coalesce(actual_cost_usd, estimated_cost_usd)) AS cost_usd`;

type Row = Readonly<Record<string, unknown>>;

/** What SQL counts, in the form of the API but for conversations. */
function counted(path: string, sql: string): readonly unknown[] {
  const db = new Sqlite(path, { readonly: true });
  try {
    return db
      .prepare<[], Row>(sql)
      .all()
      .map(({ name, sessions, messages, ...usage }) => ({ name, sessions, messages, usage: rounded(usage) }));
  } finally {
    db.close();
  }
}

/** Sums of fractions differ in their last digits by the order of summing. */
function rounded(usage: object): unknown {
  return Object.fromEntries(
    Object.entries(usage).map(([name, value]) => [
      name,
      typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value,
    ]),
  );
}

function plain(
  name: unknown,
  {
    sessions,
    messages,
    usage,
    cost_usd: cost,
  }: Pick<SessionStatisticsResponse, 'sessions' | 'messages' | 'usage' | 'cost_usd'>,
): unknown {
  return { name, sessions, messages, usage: rounded({ ...usage, cost_usd: cost }) };
}

describe('GET /v1/sessions/stats', () => {
  it('leaves out what no session can have used, whatever a damaged row has', async () => {
    const usageWith = async (tokens: string, cost: string): Promise<unknown> => {
      const path = smallHistory(25);
      const writer = HistoryWriter.open(path);
      writer.db.exec(
        `UPDATE sessions SET input_tokens = ${tokens}, estimated_cost_usd = ${cost} WHERE id IN ('plain', 'archived')`,
      );
      writer.close();
      const server = await TestServer.start(path);
      const { usage, by_platform: platforms } =
        await server.json<SessionStatisticsResponse>('/v1/sessions/stats');
      await server.close();
      return [rounded(usage), platforms.map((tally) => rounded(tally.usage))];
    };
    expect(await usageWith('1 << 62', '9e999')).toEqual(await usageWith('NULL', 'NULL'));
  });

  it('tells names as texts, whatever a damaged row has in their place', async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.db.exec(
      "UPDATE sessions SET model = CAST('m-one' AS BLOB), title = CAST('As bytes' AS BLOB), source = CAST('bytes' AS BLOB) WHERE id = 'plain'",
    );
    writer.close();
    const server = await TestServer.start(path);
    const stats = await server.json<SessionStatisticsResponse>('/v1/sessions/stats');
    expect(stats.by_model).toContainEqual(expect.objectContaining({ model: 'm-one', sessions: 1 }));
    expect(stats.by_platform).toContainEqual(expect.objectContaining({ platform: 'bytes', sessions: 1 }));
    expect(stats.largest).toContainEqual(
      expect.objectContaining({ id: 'plain', title: 'As bytes', platform: 'bytes' }),
    );
    await server.close();
  });

  it('counts what SQL counts on a history of some hundred conversations', async () => {
    const path = join(temporaryFolder(), 'state.db');
    writeDemoHistory(path, { conversations: 400, now: 1_779_278_400, seed: 7 });
    const writer = HistoryWriter.open(path);
    // Of few sessions it is known what was paid; of some nothing is known.
    writer.db.exec(`UPDATE sessions SET actual_cost_usd = 0.5 * estimated_cost_usd WHERE rowid % 7 = 0;
      UPDATE sessions SET estimated_cost_usd = NULL WHERE rowid % 5 = 0`);
    writer.close();
    const server = await TestServer.start(path);
    const stats = await server.json<SessionStatisticsResponse>('/v1/sessions/stats?time_zone=Asia/Tokyo');
    const group = (expression: string, order: string): readonly unknown[] =>
      counted(
        path,
        `SELECT ${expression} AS name, ${COUNTS} FROM sessions s GROUP BY name ORDER BY ${order}`,
      );
    expect([plain(undefined, stats)]).toEqual(counted(path, `SELECT ${COUNTS} FROM sessions s`));
    expect(stats.by_platform.map((one) => plain(one.platform, one))).toEqual(
      group('source', 'sessions DESC, name'),
    );
    expect(stats.by_model.map((one) => plain(one.model, one))).toEqual(group('model', 'sessions DESC, name'));
    expect(stats.by_day.map((one) => plain(one.day, one))).toEqual(
      group("date(started_at, 'unixepoch', '+9 hours')", 'name'),
    );
    expect(stats.by_day.length).toBeGreaterThan(50);
    const { total } = await server.json<{ total: number }>('/v1/sessions?archived=any&limit=1');
    for (const part of [[stats], stats.by_platform, stats.by_model, stats.by_day]) {
      expect(part.reduce((sum, { conversations }) => sum + conversations, 0)).toBe(total);
    }
    expect(stats.largest).toHaveLength(10);
    for (const { id, messages } of stats.largest) {
      const whole = await server.json<{ total: number }>(
        `/v1/sessions/${id}/messages?limit=1&lineage=true&include_inactive=true`,
      );
      expect(whole.total).toBeLessThanOrEqual(messages);
    }
    expect(stats.largest.map(({ messages }) => messages)).toEqual(
      stats.largest.map(({ messages }) => messages).sort((a, b) => b - a),
    );
    await server.close();
  });

  it.each(LAYOUTS)('tells sums, and null where nothing is known, on schema version %i', async (version) => {
    const server = await TestServer.start(smallHistory(version));
    const stats = await server.json<SessionStatisticsResponse>(
      '/v1/sessions/stats?model=openai/gpt-5&platform=cli',
    );
    expect(stats).toMatchObject({
      object: 'hermes.session.stats',
      time_zone: 'UTC',
      by_platform: [{ platform: 'cli' }],
      by_model: [{ model: 'openai/gpt-5' }],
      usage: { input_tokens: 1200, estimated_cost_usd: 0.25, actual_cost_usd: null },
      largest: [
        {
          id: 'plain',
          title: 'Garden irrigation',
          platform: 'cli',
          profile: 'default',
          origin: ORIGIN,
          messages: 4,
        },
      ],
    });
    await server.close();
  });

  it('calls the largest conversations as the list does: by the title of the first session where the last has none', async () => {
    const server = await TestServer.start(smallHistory(25));
    const { largest } = await server.json<SessionStatisticsResponse>('/v1/sessions/stats');
    expect(largest.find(({ id }) => id === 'chain-3')).toMatchObject({ title: 'Novel draft' });
    await server.close();
  });

  it('says how many are open, and how many of those are active now', async () => {
    const path = smallHistory(25);
    const server = await TestServer.start(path);
    const before = await server.json<SessionStatisticsResponse>('/v1/sessions/stats');
    expect(before.active_sessions).toBe(0);
    const agent = new Sqlite(path);
    const now = Date.now() / 1000;
    agent
      .prepare('INSERT INTO sessions (id, source, started_at) VALUES (?, ?, ?)')
      .run('now', 'cli', now - 3600);
    agent
      .prepare("INSERT INTO messages (session_id, role, content, timestamp) VALUES ('now', 'user', 'x', ?)")
      .run(now - 60);
    await server.settled();
    const { open_sessions, active_sessions } =
      await server.json<SessionStatisticsResponse>('/v1/sessions/stats');
    expect([open_sessions, active_sessions]).toEqual([before.open_sessions + 1, 1]);
    // An agent that only counts what it used leaves no new row behind.
    agent.prepare("UPDATE sessions SET input_tokens = 777 WHERE id = 'now'").run();
    await server.settled();
    const counted = await server.json<SessionStatisticsResponse>('/v1/sessions/stats');
    expect(counted.usage.input_tokens).toBe((before.usage.input_tokens ?? 0) + 777);
    agent.close();
    await server.close();
  });

  it('counts the sessions that began between two times', async () => {
    const server = await TestServer.start(historyOfTwo());
    const [since, until] = [hour(2), hour(5)].map((time) => new Date(time * 1000).toISOString());
    expect(await server.json(`/v1/sessions/stats?since=${since}&until=${until}`)).toMatchObject({
      sessions: 3,
      by_day: [{ day: '2026-05-01', sessions: 3 }],
    });
    expect(await server.json('/v1/sessions/stats?user_id=bo&time_zone=Pacific/Kiritimati')).toMatchObject({
      sessions: 4,
    });
    await server.close();
  });

  it('knows a time zone by any spelling of its name', async () => {
    const server = await TestServer.start(smallHistory(25));
    const [spelled, common] = await Promise.all(
      ['aMERICA/aRGENTINA/cOMODrIVADAVIA', 'America/Argentina/ComodRivadavia'].map((zone) =>
        server.json<SessionStatisticsResponse>(`/v1/sessions/stats?time_zone=${zone}`),
      ),
    );
    expect(spelled).toEqual({ ...common, time_zone: 'aMERICA/aRGENTINA/cOMODrIVADAVIA' });
    await server.close();
  });

  it.each(['until=2100-01-01', 'since=1960-01-01', 'since=1960-01-01&until=2100-01-01'])(
    'counts what began at no known time where no time is asked for, and nowhere else: %s',
    async (times) => {
      const path = historyOfTwo();
      const db = new Sqlite(path);
      const { changes } = db.prepare('UPDATE sessions SET started_at = -5 WHERE rowid <= 2').run();
      const all = Number(db.prepare('SELECT count(*) FROM sessions').pluck().get());
      db.close();
      const server = await TestServer.start(path);
      const sessions = async (query: string): Promise<number> =>
        (await server.json<SessionStatisticsResponse>(`/v1/sessions/stats${query}`)).sessions;
      expect([changes, await sessions(''), await sessions(`?${times}`)]).toEqual([2, all, all - 2]);
      await server.close();
    },
  );

  it('counts all profiles together, and only what a key may know of', async () => {
    const home = temporaryFolder();
    writeProfile(home, { a: 1, b: 30 });
    writeProfile(join(home, 'profiles', 'other'), { c: 2 });
    const keys = keyFileWith({ profiles: ['other'] });
    const server = await TestServer.start(join(home, 'state.db'), { PROFILES: 'on', KEYS_FILE: keys.path });
    const days = [
      ['2026-05-01', 2],
      ['2026-05-02', 1],
    ].map(([day, sessions]) => ({ day, sessions }));
    expect(await server.json('/v1/sessions/stats')).toMatchObject({
      sessions: 3,
      conversations: 3,
      messages: 3,
      by_day: days,
    });
    expect(await server.json('/v1/sessions/stats?profile=default')).toMatchObject({ sessions: 2 });
    expect(await server.as(keys.token).json('/v1/sessions/stats')).toMatchObject({
      sessions: 1,
      largest: [{ id: 'c', profile: 'other' }],
    });
    await server.close();
  });

  it.each([
    ['time_zone=Mars/Olympus', 'time_zone'],
    ['time_zone=', 'time_zone'],
    ['time_zone=%2B01:00', 'time_zone'],
    ['time_zone=-05:00', 'time_zone'],
    // Other zones to PostgreSQL than to Node, or zones of no name there.
    ['time_zone=IST', 'time_zone'],
    ['time_zone=CET', 'time_zone'],
    ['time_zone=AET', 'time_zone'],
    ['since=soon', 'since'],
    ['timezone=UTC', 'timezone'],
  ])('refuses %s', async (query, param) => {
    const server = await TestServer.start(smallHistory(25));
    const { status, body } = await server.get(`/v1/sessions/stats?${query}`);
    expect([status, body]).toMatchObject([400, { error: { param } }]);
    await server.close();
  });
});
