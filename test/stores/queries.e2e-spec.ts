import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { readLayout } from '../../src/stores/hermes/file/layout.js';
import { SqliteReader } from '../../src/stores/hermes/file/sqlite-reader.js';
import { HistoryComparison } from '../../src/stores/hermes/index/history-comparison.js';
import { SharedMessageOwners } from '../../src/stores/hermes/index/message-owners.js';
import { Deadline } from '../../src/sessions/search/deadline.js';
import { readExcerpts } from '../../src/stores/hermes/search/excerpts.js';
import { HistorySearch } from '../../src/stores/hermes/search/history-search.js';
import { parseSearch } from '../../src/sessions/search/search-query.js';
import { hour, say, smallHistory, withManySessions } from '../support/histories.js';
import { TestListener } from '../support/listener.js';
import { TestServer } from '../support/server.js';

const DOCUMENT = resolve(import.meta.dirname, '../../docs/queries.md');

/** `UPDATE_QUERIES=1 npm test -- queries` writes the page anew. */
const UPDATE = process.env.UPDATE_QUERIES === '1';

/** A history to take the plans from instead; SQLite plans by the schema alone, since Hermes keeps no statistics. */
const HISTORY = process.env.QUERIES_HISTORY;

const HEAD = `# Queries

Every statement that a method of the Hermes store runs, with SQLite's plan for it, on schema version 25. Written by
\`UPDATE_QUERIES=1 npm test -- queries\`; a test fails when it is not current, so that a review sees when a query or its
plan changes. \`SCAN\` of \`sessions\` or \`messages\` belongs on threads, or where only a small
history is read, a deletion or a prune looks for what no index leads to, or an operator asks.
`;

interface Statement {
  readonly sql: string;
  readonly plan: readonly string[];
}

/** What says nothing about the history. */
const OMITTED = /^\s*(PRAGMA|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|EXPLAIN|CREATE)|pragma_|sqlite_master/i;

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
  const parameters = Array.from({ length: (sql.match(/\?/g) ?? []).length }, () => null);
  const rows = explain.all(...parameters) as readonly { id: number; parent: number; detail: string }[];
  const depth = new Map([[0, -1]]);
  return rows.map(({ id, parent, detail }) => {
    depth.set(id, (depth.get(parent) ?? -1) + 1);
    return `${'  '.repeat(depth.get(id) ?? 0)}${detail}`;
  });
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

function section(title: string, statements: readonly Statement[]): string {
  const blocks = statements.map(
    ({ sql, plan }) => `\`\`\`sql\n${sql}\n\`\`\`\n\n\`\`\`text\n${plan.join('\n')}\n\`\`\`\n`,
  );
  return `## ${title}\n\n${blocks.join('\n')}`;
}

describe('the queries of the Hermes store', () => {
  beforeAll(() => {
    Reflect.set(Sqlite.prototype, 'prepare', recording);
  });

  afterAll(() => {
    Reflect.set(Sqlite.prototype, 'prepare', prepare);
  });

  /** What one request makes the thread that answers prepare, on a server that has answered nothing yet. */
  async function ofRequest(request: (server: TestServer) => unknown): Promise<readonly Statement[]> {
    const server = await TestServer.start(HISTORY ?? withManySessions(smallHistory(25)), {
      ANSWER_CACHE_MB: '0',
    });
    while ((await server.get('/readyz')).status !== 200);
    const statements = await statementsOf(() => request(server));
    await server.close();
    return statements;
  }

  async function ofFollowing(): Promise<readonly Statement[]> {
    const path = withManySessions(smallHistory(25));
    const server = await TestServer.start(path);
    await server.json('/v1/sessions');
    const writer = HistoryWriter.open(path);
    say(writer, 'plain', 'user', 'One more', hour(50));
    writer.db.exec(
      "DELETE FROM sessions WHERE id = 'empty'; DELETE FROM messages WHERE session_id = 'reset'",
    );
    writer.close();
    const statements = await statementsOf(() => server.json('/v1/sessions?limit=1'));
    await server.close();
    return statements;
  }

  async function ofListening(): Promise<readonly Statement[]> {
    const path = withManySessions(smallHistory(25));
    const server = await TestServer.start(path);
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

  function onConnection(work: (db: Database) => unknown): Promise<readonly Statement[]> {
    const db = new Sqlite(HISTORY ?? smallHistory(25), { readonly: true });
    return statementsOf(() => work(db)).finally(() => db.close());
  }

  function search(db: Database, text: string): void {
    const reader = new SqliteReader(db);
    const owners = new SharedMessageOwners([[0, new Int32Array(new SharedArrayBuffer(4 * 65_536)).fill(1)]]);
    new HistorySearch(reader, readLayout(db)).find({
      text,
      ranked: true,
      owners,
      deadline: new Deadline(60_000),
    });
    const query = parseSearch(text);
    if (query !== undefined)
      readExcerpts(reader, readLayout(db), query, [{ messageId: 1, sessionIds: ['plain'] }]);
  }

  it('are the ones that are checked in', async () => {
    const text = [
      HEAD,
      section('`list`', await ofRequest((server) => server.json('/v1/sessions?limit=2'))),
      section('`list`, by title', await ofRequest((server) => server.json('/v1/sessions?title=Novel+draft'))),
      section('`get`', await ofRequest((server) => server.get('/v1/sessions/chain-2'))),
      section(
        '`messages`',
        await ofRequest(async (server) => {
          await server.get('/v1/sessions/plain/messages?role=user&after=1');
          await server.get('/v1/sessions/chain-2/messages?lineage=true&order=desc');
          await server.get('/v1/sessions/plain/messages?include_inactive=true');
        }),
      ),
      ...(HISTORY === undefined
        ? [
            section(
              '`update`',
              await ofRequest((server) =>
                server.patch('/v1/sessions/chain-3', { title: 'Novel draft', archived: true, pinned: true }),
              ),
            ),
            section(
              '`transcript`, for an export',
              await ofRequest((server) => server.get('/v1/sessions/chain-3/export?lineage=true')),
            ),
            section('new messages, for live events', await ofListening()),
            section('`delete`', await ofRequest((server) => server.delete('/v1/sessions/plain'))),
            section('the index, following a commit', await ofFollowing()),
          ]
        : []),
      section('`status`', await ofRequest((server) => server.get('/health/detailed'))),
      section(
        'the index thread',
        await onConnection((db) => {
          const comparison = new HistoryComparison(db, readLayout(db));
          comparison.ends();
          comparison.slice(0, 1000);
          comparison.compareRows(0, 10_000);
          comparison.compareMessages('');
        }),
      ),
      section(
        'a search thread, words',
        await onConnection((db) => {
          search(db, 'keeper letter');
        }),
      ),
      section(
        'a search thread, no index for it',
        await onConnection((db) => {
          search(db, '部署');
        }),
      ),
    ].join('\n');
    if (UPDATE) writeFileSync(DOCUMENT, text);
    else expect(text).toBe(readFileSync(DOCUMENT, 'utf8'));
  }, 60_000);
});
