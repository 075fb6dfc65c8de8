import { FULL_ACCESS } from '../../src/sessions/session-access.js';
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
import { TestShipper } from '../support/shipped.js';
import { expectStatements } from '../support/statement-file.js';

/** What says nothing about the data. */
const OMITTED =
  /^\s*(BEGIN|COMMIT|ROLLBACK|SET|START|SHOW)|schema_migrations|to_regclass|pg_catalog|version\(\)|current_schema|pg_notify/i;

/** What reads all sessions or conversations where no index serves, and why it may. */
const MAY_SCAN: Readonly<Record<string, readonly RegExp[]>> = {
  // No index leads to a model; what is not ended is counted for operators alone.
  'list, by model': [/e\.model = \$1/],
  status: [/WHERE ended_at IS NULL/],
};

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
      new PostgresHealth(connection, searches),
    );
    return [...sent];
  } finally {
    end();
    await connection.close();
  }
}

/** Tables that are read as a whole although sequential scans cost as much as they can: no index serves. */
async function scannedBy(url: string, sql: string): Promise<readonly string[]> {
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
      const unforeseen: string[] = [];
      for (const sql of statements) {
        const scanned = await scannedBy(url, sql);
        const isForeseen = (MAY_SCAN[name] ?? []).some((known) => known.test(sql));
        if (scanned.length > 0 && !isForeseen) unforeseen.push(`${scanned.join()}: ${sql}`);
      }
      expect([name, unforeseen]).toEqual([name, []]);
    }
  });
});
