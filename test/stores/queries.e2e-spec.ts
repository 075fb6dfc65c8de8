import { join } from 'node:path';
import { jest } from '@jest/globals';
import Sqlite, { type Database } from 'better-sqlite3';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { Deadline } from '../../src/sessions/search/deadline.js';
import { parseSearch } from '../../src/sessions/search/search-query.js';
import { readLayout, type HistoryMoment } from '../../src/stores/hermes/file/layout.js';
import { SqliteReader } from '../../src/stores/hermes/file/sqlite-reader.js';
import { HistoryComparison } from '../../src/stores/hermes/index/history-comparison.js';
import { IndexedHistory } from '../../src/stores/hermes/index/indexed-history.js';
import { readExcerpts } from '../../src/stores/hermes/search/excerpts.js';
import { HistorySearch } from '../../src/stores/hermes/search/history-search.js';
import { readSupplement, SupplementSlices } from '../../src/stores/hermes/search/index-supplement.js';
import { hour, say, smallHistory, withManySessions } from '../support/histories.js';
import { buildIndex, openIndexed, openIndexedHistory } from '../support/indexed-history.js';
import { TestListener } from '../support/listener.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { expectStatements } from '../support/statement-file.js';
import { until } from '../support/wait.js';

/** What says nothing about the history. */
const OMITTED = /^\s*(PRAGMA|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|EXPLAIN|CREATE)|pragma_|sqlite_master/i;

/**
 * What reads all rows of a table, and why it may: a thread of its own does, or a change that no index leads to, or an operator asks.
 * Everything else finds its rows by an index.
 */
const MAY_SCAN: Readonly<Record<string, readonly RegExp[]>> = {
  // Nothing leads to the delegates that a marker names.
  'DELETE /v1/sessions/{session_id}': [/instr\(s\.model_config, '_delegate_from'\)/],
  'GET /health/detailed': [/^SELECT count\(\*\) FROM sessions WHERE ended_at IS NULL$/],
  // Where their number says that rows are gone, it is looked which.
  'the index, following a commit by which sessions went': [
    /^SELECT rowid AS session_rowid, id FROM sessions$/,
    /^SELECT session_id, count\(\*\) AS stored FROM messages GROUP BY session_id$/,
  ],
};

/** A statement and the steps of SQLite's plan for it. */
interface Statement {
  readonly sql: string;
  readonly plan: readonly string[];
}

let recorded: Map<string, Statement> | undefined;

type Prepare = (this: Database, sql: string) => Sqlite.Statement;

const prepare = Reflect.get(Sqlite.prototype, 'prepare') as Prepare;

function recording(this: Database, sql: string): Sqlite.Statement {
  const statement = prepare.call(this, sql);
  const text = sql.replace(/\s+/g, ' ').trim();
  if (recorded !== undefined && !OMITTED.test(sql) && !recorded.has(text)) {
    recorded.set(text, { sql: text, plan: planOf(this, sql) });
  }
  return statement;
}

function planOf(db: Database, sql: string): readonly string[] {
  const explain = prepare.call(db, `EXPLAIN QUERY PLAN ${sql}`);
  const named = (sql.match(/:[a-z]\w*/gi) ?? []).map((name) => [name.slice(1), null] as const);
  const parameters = Array.from({ length: (sql.match(/\?/g) ?? []).length }, () => null);
  return (
    explain.all(...parameters, ...(named.length === 0 ? [] : [Object.fromEntries(named)])) as readonly {
      detail: string;
    }[]
  ).map(({ detail }) => detail);
}

async function statementsOf(work: () => unknown): Promise<readonly Statement[]> {
  recorded = new Map();
  try {
    await work();
    return [...recorded.values()];
  } finally {
    recorded = undefined;
  }
}

/** Whether a plan reads all rows of sessions or messages, which the store calls by these names. */
function scans({ plan }: Statement): boolean {
  return plan.some((step) => /^SCAN (sessions|messages|s|m|d|c)( |$)/.test(step));
}

/** Without those of the index, which may follow a change before or after its answer. */
function ofTheFile(statements: readonly Statement[]): readonly Statement[] {
  return statements.filter(({ sql }) => !/ known_| AS session_rowid/.test(sql));
}

describe('the queries of the Hermes store', () => {
  beforeAll(() => {
    Reflect.set(Sqlite.prototype, 'prepare', recording);
    // A thread may have compared everything by the time of an answer, or not: here each looks again at what it shows.
    jest.spyOn(IndexedHistory.prototype, 'isCompared', 'get').mockReturnValue(false);
  });

  afterAll(() => {
    Reflect.set(Sqlite.prototype, 'prepare', prepare);
    jest.restoreAllMocks();
  });

  /** What some requests make the thread that answers prepare, on a server that has answered nothing yet. */
  async function ofRequests(
    ...requests: readonly ((server: TestServer) => unknown)[]
  ): Promise<readonly Statement[]> {
    const server = await TestServer.onFile(withManySessions(smallHistory(25)), { ANSWER_CACHE_MB: '0' });
    await until(async () => (await server.get('/readyz')).status === 200, 'the index');
    const statements = await statementsOf(async () => {
      for (const request of requests) await request(server);
    });
    await server.close();
    return statements;
  }

  function get(...paths: readonly string[]): Promise<readonly Statement[]> {
    return ofRequests(...paths.map((path) => (server: TestServer) => server.json(path)));
  }

  /** Without a server, whose own looks at the file would come before this one or not. */
  async function ofFollowing(): Promise<readonly Statement[]> {
    const path = withManySessions(smallHistory(25));
    const { indexed } = openIndexedHistory(path);
    const writer = HistoryWriter.open(path);
    say(writer, 'plain', 'user', 'One more', hour(50));
    writer.db.exec(
      "DELETE FROM sessions WHERE id = 'empty'; DELETE FROM messages WHERE session_id = 'reset'",
    );
    writer.close();
    return statementsOf(() => {
      indexed.refresh();
    });
  }

  async function ofListening(): Promise<readonly Statement[]> {
    const path = withManySessions(smallHistory(25));
    const server = await TestServer.onFile(path);
    await server.json('/v1/sessions');
    const listener = await TestListener.to(server, '/v1/sessions/events');
    const statements = await statementsOf(async () => {
      const writer = HistoryWriter.open(path);
      say(writer, 'plain', 'user', 'One more', hour(50));
      writer.close();
      await listener.until((events) => events.some(({ type }) => type === 'message.created'));
    });
    listener.leave();
    await server.close();
    return statements.filter(({ sql }) => /FROM messages m WHERE m\.id/.test(sql));
  }

  function onConnection(work: (file: HistoryMoment) => unknown): Promise<readonly Statement[]> {
    const file = openIndexed(smallHistory(25));
    return statementsOf(() => work(file)).finally(() => file.reader.db.close());
  }

  function ofBuilding(): Promise<readonly Statement[]> {
    const db = new Sqlite(smallHistory(25), { readonly: true });
    const reader = new SqliteReader(db);
    const path = join(temporaryFolder(), 'index.db');
    return statementsOf(() => {
      buildIndex(path, { reader, layout: readLayout(db) });
    }).finally(() => db.close());
  }

  function search(history: HistoryMoment, text: string): void {
    const filter = { access: {}, search: text, archived: 'any', includeChildren: false } as const;
    const request = { filter, sort: 'relevance', limit: 20, start: { offset: 0 } } as const;
    const deadline = new Deadline(60_000);
    const slices = new SupplementSlices();
    for (let place = slices.next; place !== null; place = slices.next)
      slices.add(readSupplement(history, place));
    const supplement = slices.toSupplement();
    new HistorySearch(history).find({
      text,
      request,
      every: 1,
      profile: 'default',
      supplement,
      deadline,
    });
    const query = parseSearch(text);
    if (query !== undefined) readExcerpts(history, query, [{ messageId: 1, sessionIds: ['plain'] }]);
  }

  async function ofTheStore(): Promise<ReadonlyMap<string, readonly Statement[]>> {
    const update = { title: 'Novel draft', archived: true, pinned: true };
    return new Map([
      ['GET /v1/sessions', await get('/v1/sessions?limit=2', '/v1/sessions?title=Novel+draft')],
      ['GET /api/sessions', await get('/api/sessions?limit=2&source=cli')],
      ['GET /v1/sessions/{session_id}', await get('/v1/sessions/chain-2')],
      [
        'GET /v1/sessions/{session_id}/messages',
        await get(
          '/v1/sessions/plain/messages?role=user&after=1',
          '/v1/sessions/chain-2/messages?lineage=true&order=desc',
          '/v1/sessions/plain/messages?include_inactive=true',
        ),
      ],
      [
        'GET /v1/sessions/{session_id}/export',
        await ofRequests((server) => server.get('/v1/sessions/chain-3/export?lineage=true')),
      ],
      ['GET /v1/sessions/events', await ofListening()],
      [
        'PATCH /v1/sessions/{session_id}',
        ofTheFile(await ofRequests((server) => server.patch('/v1/sessions/chain-3', update))),
      ],
      [
        'DELETE /v1/sessions/{session_id}',
        ofTheFile(await ofRequests((server) => server.delete('/v1/sessions/plain'))),
      ],
      ['the index, following a commit by which sessions went', await ofFollowing()],
      ['GET /health/detailed', await get('/health/detailed')],
      ['the index thread, making an index', await ofBuilding()],
      [
        'the index thread',
        await onConnection((history) => {
          const comparison = new HistoryComparison(history);
          comparison.compareRows(0, 10_000);
          comparison.compareMessages('');
        }),
      ],
      [
        'a search thread, where an index has the words',
        await onConnection((file) => {
          search(file, 'keeper letter');
        }),
      ],
      [
        'a search thread, where none has them',
        await onConnection((file) => {
          search(file, '部署');
        }),
      ],
    ]);
  }

  it('are the ones that are checked in, and find their rows by an index', async () => {
    const methods = await ofTheStore();
    const texts = [...methods].map(([method, all]) => [method, all.map(({ sql }) => sql)] as const);
    expectStatements('hermes', new Map(texts));
    for (const [method, statements] of methods) {
      const unforeseen = statements
        .filter(scans)
        .map(({ sql }) => sql)
        .filter((sql) => !(MAY_SCAN[method] ?? []).some((known) => known.test(sql)));
      expect([method, unforeseen]).toEqual([method, []]);
    }
  });

  it('begin with the few that are pinned, where a list of a platform has these beside a page', async () => {
    const statements = await get('/api/sessions?limit=2&source=cli');
    const plans = statements.filter(({ sql }) => sql.includes('e.pinned')).map(({ plan }) => plan.join('; '));
    expect(plans).toEqual([expect.stringContaining('SCAN e USING INDEX known_conversations_pinned')]);
  });
});
