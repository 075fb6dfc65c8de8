import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { writeDemoHistory } from '../../src/demo/demo-history.js';
import { BO, historyOfTwo, keyFileWith } from '../support/people.js';
import { temporaryFolder, TestServer } from '../support/server.js';

const NOW = Date.now() / 1000;
const TOKENS = `coalesce(sum(input_tokens), 0) AS input_tokens, coalesce(sum(output_tokens), 0) AS output_tokens`;
const OTHER_TOKENS = `coalesce(sum(cache_read_tokens), 0) AS cache_read_tokens, coalesce(sum(reasoning_tokens), 0) AS reasoning_tokens`;
const COST = 'coalesce(sum(estimated_cost_usd), 0) AS estimated_cost';
const COUNTS = 'count(*) AS sessions, sum(api_call_count) AS api_calls';

type Rows = readonly Readonly<Record<string, unknown>>[];

interface Usage {
  readonly daily: Rows;
  readonly by_model: Rows;
  readonly models: Rows;
  readonly totals: Readonly<Record<string, unknown>>;
}

/** Sums of fractions differ in their last digits by the order of summing. */
function rounded(rows: Rows): Rows {
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value,
      ]),
    ),
  );
}

describe("what Hermes's dashboard tells of usage", () => {
  it.each([7, 30])('is counted as Hermes counts it, over %i days', async (days) => {
    const path = join(temporaryFolder(), 'state.db');
    writeDemoHistory(path, { conversations: 200, now: Math.floor(NOW), seed: 5 });
    const db = new Sqlite(path);
    db.exec('UPDATE sessions SET api_call_count = 1 + rowid % 5, reasoning_tokens = rowid % 7');
    const since = `WHERE started_at > ${NOW - days * 86_400}`;
    const named = `${since} AND model IS NOT NULL`;
    const byUse = 'ORDER BY coalesce(sum(input_tokens), 0) + coalesce(sum(output_tokens), 0) DESC, model';
    const select = (sql: string): Rows => rounded(db.prepare<[], Rows[number]>(sql).all());
    const server = await TestServer.start(path);
    const usage = await server.json<Usage>(`/dashboard/api/analytics/usage?days=${days}`);
    expect(usage.daily.length).toBeGreaterThan(3);
    expect(rounded(usage.daily)).toEqual(
      select(`SELECT date(started_at, 'unixepoch') AS day, ${TOKENS}, ${OTHER_TOKENS}, ${COST},
          coalesce(sum(actual_cost_usd), 0) AS actual_cost, ${COUNTS}
        FROM sessions ${since} GROUP BY day ORDER BY day`),
    );
    expect(rounded(usage.by_model)).toEqual(
      select(`SELECT model, ${TOKENS}, ${COST}, ${COUNTS} FROM sessions ${named} GROUP BY model ${byUse}`),
    );
    expect(rounded([usage.totals])).toEqual(
      select(`SELECT sum(input_tokens) AS total_input, sum(output_tokens) AS total_output,
          sum(cache_read_tokens) AS total_cache_read, sum(reasoning_tokens) AS total_reasoning,
          coalesce(sum(estimated_cost_usd), 0) AS total_estimated_cost, coalesce(sum(actual_cost_usd), 0) AS total_actual_cost,
          count(*) AS total_sessions, sum(api_call_count) AS total_api_calls
        FROM sessions ${since}`),
    );
    expect(usage).toMatchObject({ period_days: days, tools: [], skills: { top_skills: [] } });
    const { models, totals } = await server.json<Usage>(`/dashboard/api/analytics/models?days=${days}`);
    expect(rounded(models)).toMatchObject(
      select(`SELECT model, '' AS provider, ${TOKENS}, ${COUNTS}, sum(tool_call_count) AS tool_calls,
          avg(input_tokens + output_tokens) AS avg_tokens_per_session
        FROM sessions ${named} GROUP BY model ${byUse}`),
    );
    expect(totals).toMatchObject({ distinct_models: models.length });
    db.close();
    await server.close();
  });

  it('is of what a key may know of, and of a profile that is there', async () => {
    const path = historyOfTwo();
    const db = new Sqlite(path);
    db.exec('UPDATE sessions SET started_at = unixepoch() - 3600');
    db.close();
    const key = keyFileWith({ scopes: ['sessions:read'], user_id: 'ana' });
    const server = await TestServer.start(path, { KEYS_FILE: key.path });
    for (const what of ['usage', 'models']) {
      const answer = await server.as(key.token).get(`/dashboard/api/analytics/${what}`);
      expect([answer.status, answer.text.includes(BO)]).toEqual([200, false]);
      expect(answer.body).toMatchObject({ period_days: 30, totals: { total_sessions: 5, total_input: 50 } });
    }
    for (const [days, period] of [
      ['0', 1],
      ['9999', 365],
      ['x', 30],
    ] as const)
      expect(await server.json(`/dashboard/api/analytics/usage?days=${days}`)).toMatchObject({
        period_days: period,
      });
    expect((await server.get('/dashboard/api/analytics/usage?profile=nobody')).status).toBe(404);
    await server.close();
  });

  it('counts no calls that nobody can have made', async () => {
    const path = historyOfTwo();
    const db = new Sqlite(path);
    db.exec(`UPDATE sessions SET started_at = unixepoch() - 3600, api_call_count = 1e308;
      UPDATE sessions SET api_call_count = 3 WHERE id = 'nobody'`);
    db.close();
    const server = await TestServer.start(path);
    expect(await server.json('/dashboard/api/analytics/usage')).toMatchObject({
      totals: { total_api_calls: 3 },
    });
    await server.close();
  });
});
