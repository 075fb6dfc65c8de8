import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import Sqlite from 'better-sqlite3';
import { HermesApi } from '../support/hermes-api.js';
import { smallHistory } from '../support/histories.js';
import { describeWith } from '../support/needs.js';
import { keyFileWith } from '../support/people.js';
import { writeProfile } from '../support/profiles.js';
import { ROOT } from '../support/root.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { NEEDS } from '../setup/needs.js';
import { until } from '../support/wait.js';

/** Values by name and labels, as Prometheus reads them. */
async function scrape(server: TestServer): Promise<ReadonlyMap<string, number>> {
  const { status, text, headers } = await server.get('/metrics').buffer(true);
  expect([status, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** Rules of Prometheus, as far as they are looked at. */
interface AlertRules {
  readonly groups: readonly {
    readonly rules: readonly { readonly expr: string; readonly annotations: { readonly summary: string } }[];
  }[];
}

describe('GET /metrics', () => {
  it('counts requests by route, answers by where they came from, and searches', async () => {
    const server = await TestServer.start(smallHistory(25));
    // Before the history has been read nothing is kept.
    await until(async () => (await server.get('/readyz')).status === 200, 'The server');
    for (const path of [
      '/v1/sessions',
      '/v1/sessions',
      '/v1/sessions/plain',
      '/v1/sessions/nobody',
      '/nowhere',
    ]) {
      await server.get(path);
    }
    await server.get('/v1/sessions?search=tomatoes');
    await server.patch('/v1/sessions/plain', { title: 'x' });
    const metrics = await scrape(server);
    const count = (method: string, route: string, status: number): number | undefined =>
      metrics.get(
        `hermes_sessions_http_request_duration_seconds_count{method="${method}",route="${route}",status="${status}"}`,
      );
    expect(count('GET', '/v1/sessions', 200)).toBe(3);
    expect(count('GET', '/v1/sessions/:session_id', 200)).toBe(1);
    expect(count('GET', '/v1/sessions/:session_id', 404)).toBe(1);
    expect(count('PATCH', '/v1/sessions/:session_id', 200)).toBe(1);
    expect(count('GET', 'none', 404)).toBe(1);
    expect(metrics.get('hermes_sessions_answers_total{source="kept"}')).toBe(1);
    expect(metrics.get('hermes_sessions_search_duration_seconds_count{end="done"}')).toBe(2);
    expect([...metrics.keys()].join('\n')).not.toMatch(/plain|tomatoes|nobody/);
    await server.close();
  });

  it('measures every profile, and says which is not served', async () => {
    const home = temporaryFolder();
    writeProfile(home, { a: 1, b: 2 });
    const broken = writeProfile(join(home, 'profiles', 'other'), { c: 3 });
    const server = await TestServer.start(join(home, 'state.db'), { PROFILES: 'on' });
    await server.json('/v1/sessions');
    const gauge = (metrics: ReadonlyMap<string, number>, name: string, profile: string): number | undefined =>
      metrics.get(`hermes_sessions_${name}{profile="${profile}"}`);
    const before = await scrape(server);
    expect(['default', 'other'].map((profile) => gauge(before, 'store_sessions', profile))).toEqual([2, 1]);
    expect(gauge(before, 'store_messages', 'default')).toBe(2);
    expect(gauge(before, 'store_file_bytes', 'default')).toBeGreaterThan(4096);
    expect(gauge(before, 'index_age_seconds', 'default')).toBeGreaterThanOrEqual(0);
    expect(gauge(before, 'search_queue_length', 'default')).toBe(0);
    const owner = new Sqlite(broken);
    owner.exec('DROP TABLE messages');
    owner.close();
    const after = await scrape(server);
    expect(['default', 'other'].map((profile) => gauge(after, 'profile_ready', profile))).toEqual([1, 0]);
    // The other one is served.
    expect(after.get('hermes_sessions_ready')).toBe(1);
    await server.close();
  });

  it('counts the waits for a lock that an agent holds', async () => {
    const path = smallHistory(25, 'delete');
    const server = await TestServer.start(path);
    const agent = new Sqlite(path);
    agent.exec('BEGIN EXCLUSIVE');
    const waiting = server.get('/v1/sessions');
    const answered = waiting.then(({ status }) => status);
    const retries = async (): Promise<number> =>
      (await scrape(server)).get('hermes_sessions_store_busy_retries_total{profile="default"}') ?? 0;
    await until(async () => (await retries()) > 0, 'Another try');
    agent.exec('COMMIT');
    expect(await answered).toBe(200);
    agent.close();
    await server.close();
  });

  it.each([
    ['key', 401, 403, 200],
    ['public', 200, 200, 200],
    ['off', 404, 404, 404],
  ])(
    'with METRICS=%s answers nobody %i, a key without the scope %i and one with it %i',
    async (METRICS, nobody, other, holder) => {
      const keys = keyFileWith({ scopes: ['sessions:read'] });
      const server = await TestServer.start(smallHistory(25), { METRICS, KEYS_FILE: keys.path });
      expect((await server.http.get('/metrics')).status).toBe(nobody);
      expect((await server.as(keys.token).get('/metrics')).status).toBe(other);
      expect((await server.get('/metrics')).status).toBe(holder);
      await server.close();
    },
  );

  it('tells what an agent answers by routes that the Grafana dashboard and the alerts leave out', async () => {
    const hermes = await HermesApi.start();
    const server = await TestServer.start(smallHistory(25), {
      HERMES_UPSTREAM_URL: hermes.url,
      BASE_PATH: '/hermes',
    });
    const own = ['/v1/sessions', '/api/sessions', '/p/default/api/sessions', '/v1/sessions/plain'];
    for (const path of [...own, '/v1/models', '/api/jobs', '/p/work/v1/models'])
      await server.get(`/hermes${path}`);
    const { text } = await server.get('/hermes/metrics').buffer(true);
    const routes = [
      ...new Set(
        [...text.matchAll(/duration_seconds_count\{[^}]*route="([^"]+)"/g)].map(([, route = '']) => route),
      ),
    ];
    for (const file of ['grafana.json', 'alerts.yaml']) {
      const written = readFileSync(resolve(ROOT, 'docs/operations', file), 'utf8');
      const patterns = new Set(
        [...written.matchAll(/route!~\\?"([^"\\]+)/g)].map(([, pattern = '']) => pattern),
      );
      expect([file, patterns.size]).toEqual([file, 1]);
      for (const pattern of patterns)
        expect(routes.filter((route) => new RegExp(`^(?:${pattern})$`).test(route)).sort()).toEqual([
          ...['/hermes/api/*', '/hermes/p/*', '/hermes/v1/*'],
        ]);
    }
    expect(routes.length).toBeGreaterThan(5);
    await server.close();
    await hermes.close();
  });

  it('has every metric that the Grafana dashboard and the alerts ask for', async () => {
    const server = await TestServer.start(smallHistory(25));
    await server.get('/v1/sessions?search=tomatoes');
    const { text } = await server.get('/metrics').buffer(true);
    await server.close();
    const known = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    const dashboard = readFileSync(resolve(ROOT, 'docs/operations/grafana.json'), 'utf8');
    const shown = new Set(
      [...dashboard.matchAll(/hermes_sessions_\w+/g)].map(([name]) =>
        name.replace(/_(bucket|count|sum)$/, ''),
      ),
    );
    const { groups } = parse(
      readFileSync(resolve(ROOT, 'docs/operations/alerts.yaml'), 'utf8'),
    ) as AlertRules;
    const rules = groups.flatMap((group) => group.rules);
    for (const { expr, annotations } of rules) {
      const names = [...expr.matchAll(/hermes_sessions_\w+/g)].map(([name]) =>
        name.replace(/_(bucket|count|sum)$/, ''),
      );
      expect([expr, names.filter((name) => !known.has(name))]).toEqual([expr, []]);
      expect(names.length > 0 || expr.startsWith('up{')).toBe(true);
      expect(annotations.summary).toMatch(/^.{20,}$/);
    }
    expect(shown.size).toBeGreaterThan(10);
    for (const name of shown) expect([name, known.has(name)]).toEqual([name, true]);
    // And shows every one of ours.
    const ours = [...known].filter((name) => !/_(process|nodejs)_/.test(name ?? ''));
    for (const name of ours) expect([name, shown.has(name ?? '')]).toEqual([name, true]);
  });
});

describeWith(['promtool'], 'the rules for alerts', () => {
  it('are what Prometheus reads', () => {
    const rules = resolve(ROOT, 'docs/operations/alerts.yaml');
    const said = execFileSync(NEEDS.promtool.path ?? '', ['check', 'rules', rules], { encoding: 'utf8' });
    expect(said).toMatch(/SUCCESS: [1-9]\d* rules found/);
  });
});
