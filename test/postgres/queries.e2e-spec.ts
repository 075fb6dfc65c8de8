import { FULL_ACCESS } from '../../src/domain/access.js';
import type { SessionFilter, SessionSort } from '../../src/sessions/session-query.js';
import { SilentObserver } from '../../src/sessions/store-observer.js';
import { PostgresConnection } from '../../src/stores/postgres/connection/postgres-connection.js';
import { PostgresHealth } from '../../src/stores/postgres/postgres-health.js';
import { PostgresSessionsRepository } from '../../src/stores/postgres/postgres-sessions.repository.js';
import { BoundedSearches } from '../../src/stores/postgres/search/bounded-searches.js';
import { createDatabase, runSql } from '../support/database.js';
import { smallHistory } from '../support/histories.js';
import { tellStatements } from '../support/sent-statements.js';
import { testSettings } from '../support/server.js';
import { TEST_ORIGIN, TestShipper } from '../support/shipped.js';
import { expectStatements } from '../support/statement-file.js';

/** What says nothing about the data. */
const OMITTED =
  /^\s*(BEGIN|COMMIT|ROLLBACK|SET|START|SHOW)|schema_migrations|to_regclass|pg_catalog|version\(\)|current_schema|pg_notify/i;

type Method = (repository: PostgresSessionsRepository, health: PostgresHealth) => Promise<unknown>;

function list(filter: Partial<SessionFilter> = {}, sort: SessionSort = '-last_active_at'): Method {
  const whole: SessionFilter = { access: FULL_ACCESS, includeChildren: false, archived: 'false', ...filter };
  return (repository) => repository.list({ filter: whole, sort, limit: 20, start: { offset: 0 } });
}

const PAGE = { includeInactive: false, limit: 50, offset: 0, order: 'desc' } as const;
const CHANGE = { access: FULL_ACCESS, onCommit: () => undefined };

const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['list', list()],
  ['list, by platform', list({ platforms: ['cli'] })],
  ['list, by user', list({ userId: 'ana' })],
  ['list, by model', list({ model: 'openai/gpt-5' })],
  ['list, by title', list({ title: 'Novel draft' })],
  ['list, of a host', list({ access: { origins: [TEST_ORIGIN] } })],
  ['list, of a platform of a host', list({ access: { origins: [TEST_ORIGIN] }, platforms: ['cli'] })],
  ['list, for somebody', list({ access: { userId: 'ana' } })],
  ['list, every session, oldest first', list({ includeChildren: true }, 'started_at')],
  ['list, searched', list({ search: 'keeper letter' }, 'relevance')],
  ['get', (repository) => repository.get('chain-2', FULL_ACCESS)],
  ['messages', (repository) => repository.messages('plain', { ...PAGE, lineage: false }, FULL_ACCESS)],
  [
    'messages, of a chain',
    (repository) => repository.messages('chain-2', { ...PAGE, lineage: true }, FULL_ACCESS),
  ],
  ['revision', (repository) => repository.revision()],
  ['status', (_repository, health) => health.status()],
  [
    'statistics',
    (repository) => repository.statistics({ access: FULL_ACCESS, timeZone: 'UTC', activeSince: 0 }),
  ],
  [
    'prune, planned',
    (repository) =>
      repository.planPrune({
        ...{ access: FULL_ACCESS, action: 'delete', lastActiveBefore: 2e9 },
        ...{ includeOpen: false, includePinned: false },
      }),
  ],
  ['update', (repository) => repository.update('chain-3', { title: 'Novel draft', archived: true }, CHANGE)],
  ['delete', (repository) => repository.delete('plain', { force: true, lineage: false }, CHANGE)],
]);

/** The statements that a method sends, once each. */
async function statementsOf(url: string, method: Method): Promise<readonly string[]> {
  const sent = new Set<string>();
  const end = tellStatements((text) => {
    if (!OMITTED.test(text)) sent.add(text.replace(/\s+/g, ' ').trim());
  });
  const connection = new PostgresConnection({ url, replicaUrls: [], poolSize: 1, timeLimit: 30_000 });
  try {
    const searches = new BoundedSearches(connection, new SilentObserver(), 30_000);
    await method(
      new PostgresSessionsRepository(connection, searches),
      new PostgresHealth(connection, searches, { doing: undefined }),
    );
    return [...sent];
  } finally {
    end();
    await connection.close();
  }
}

/** Tables that are read as a whole although sequential scans cost as much as they can: no index serves. */
async function scannedBy(url: string, sql: string): Promise<readonly string[]> {
  // What a cursor reads is told where it is declared.
  if (/^(FETCH|CLOSE)\b/.test(sql)) return [];
  const dear = new URL(url);
  dear.searchParams.set('options', '-c enable_seqscan=off');
  const plan = await runSql(dear.href, `EXPLAIN (GENERIC_PLAN, COSTS off) ${sql}`);
  return plan.flatMap((row) => {
    const [, table] =
      /Seq Scan on (sessions|messages|conversations|session_words)\b/.exec(String(row['QUERY PLAN'])) ?? [];
    return table === undefined ? [] : [table];
  });
}

describe('the queries of the PostgreSQL store', () => {
  it('are the ones that are checked in, and find their rows by an index', async () => {
    const url = await createDatabase();
    const shipper = await TestShipper.start(testSettings({ STATE_DB: smallHistory(25) }), url);
    await shipper.settled();
    await shipper.stop();
    const methods = new Map<string, readonly string[]>();
    for (const [name, method] of METHODS) methods.set(name, await statementsOf(url, method));
    expectStatements('postgres', methods);
    for (const [name, statements] of methods) {
      const scanning: string[] = [];
      for (const sql of statements) {
        const scanned = await scannedBy(url, sql);
        if (scanned.length > 0) scanning.push(`${scanned.join()}: ${sql}`);
      }
      expect([name, scanning]).toEqual([name, []]);
    }
  });

  it('find what one host has, or one model, whatever all the others have', async () => {
    const url = await createDatabase();
    await fillFleet(url);
    const indexOf = async (method: Method, table: string): Promise<readonly string[]> => {
      const plans = await Promise.all((await statementsOf(url, method)).map((sql) => planOf(url, sql)));
      const used = [
        ...plans.join('\n').matchAll(new RegExp(`using (${table}_\\w+)|on (${table}_\\w+)`, 'g')),
      ];
      return [...new Set(used.map(([, ordered, set]) => ordered ?? set ?? ''))].sort();
    };
    const small = { access: { origins: ['h7'] } };
    expect(await indexOf(list({ ...small, platforms: ['rare'] }), 'conversations')).toEqual([
      'conversations_of_history_by_platform',
    ]);
    expect(await indexOf(list({ platforms: ['rare'] }), 'conversations')).toEqual([
      'conversations_by_platform',
    ]);
    expect(await indexOf(list({ model: 'rare' }), 'conversations')).toEqual(['conversations_by_model']);
    expect(await indexOf((_repository, health) => health.status(), 'sessions')).toEqual(['sessions_open']);
  });
});

/** Forty hosts of 500 conversations each, of which the eighth has few. */
async function fillFleet(url: string): Promise<void> {
  await runSql(
    url,
    `INSERT INTO histories (origin, profile, is_default, can_archive, can_pin, can_delete, is_loaded)
      SELECT 'h' || h, 'default', true, true, true, true, true FROM generate_series(0, 39) h`,
  );
  await runSql(
    url,
    `INSERT INTO sessions (history_id, id, number, platform, model, is_branch, is_reset, is_delegate, is_hidden, archived, pinned,
        started_at, ended_at, last_active_at, message_count, tool_call_count, stored_messages, stored_bytes, turn_count, preview,
        fingerprint, root_id, root_number, chain_length, is_entry)
      SELECT h.id, 's' || n, nextval('session_numbers'), CASE n % 50 WHEN 0 THEN 'rare' ELSE 'cli' END,
          CASE n % 250 WHEN 0 THEN 'rare' ELSE 'usual' END, false, false, false, false, false, false, n * 10 + h.id,
          CASE WHEN n % 200 > 0 THEN n * 10 + 5 END, n * 10 + h.id, 1, 0, 1, 10, 1, '', 'f', 's' || n, 0, 1, true
        FROM histories h, generate_series(1, 500) n WHERE h.origin <> 'h7' OR n <= 60`,
  );
  await runSql(
    url,
    `INSERT INTO conversations (history_id, root_id, number, tip_id, started_order, active_order, platform, archived, model, is_ended,
        is_titled, is_pinned, messages, bytes, chain_length, platforms)
      SELECT history_id, id, number, id, started_order, active_order, platform, archived, model, ended_at IS NOT NULL, false, false, 1,
          10, 1, ARRAY[platform] FROM sessions`,
  );
  await runSql(url, 'VACUUM (ANALYZE) sessions, conversations, histories, session_counts');
}

/** How PostgreSQL would go about a statement, whatever its parameters are. */
async function planOf(url: string, sql: string): Promise<string> {
  const plan = await runSql(url, `EXPLAIN (GENERIC_PLAN, COSTS off) ${sql}`);
  return plan.map((row) => String(row['QUERY PLAN'])).join('\n');
}
