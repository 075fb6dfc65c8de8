import { writeFileSync } from 'node:fs';
import pg from 'pg';
import { FULL_ACCESS } from '../src/domain/access.js';
import type { SessionFilter, SessionPageRequest, TotalPrecision } from '../src/sessions/session-query.js';
import { SilentObserver } from '../src/sessions/store-observer.js';
import { PostgresConnection } from '../src/stores/postgres/connection/postgres-connection.js';
import { PostgresHealth } from '../src/stores/postgres/postgres-health.js';
import { PostgresSessionsRepository } from '../src/stores/postgres/postgres-sessions.repository.js';
import { BoundedSearches } from '../src/stores/postgres/search/bounded-searches.js';
import { LONG_SESSION } from './histories/history.js';
import { SEARCH_WORDS } from './histories/prose.js';

const HEAD = `# Queries of the PostgreSQL store

Every statement that a reading method of the store runs, with the plan that PostgreSQL follows and what each step of it took
(\`EXPLAIN (ANALYZE, BUFFERS)\`, after one run that warmed its caches), on tables of the sizes below. Written by
\`npm run bench -- --postgres --sessions 1000000 --messages 10 --plans plans.md\`.

`;

/** A statement as it was sent. */
interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Statements that do not read the data. */
const OMITTED =
  /^\s*(BEGIN|COMMIT|ROLLBACK|SET|START|SHOW|EXPLAIN|FETCH|CLOSE)|schema_migrations|to_regclass|pg_catalog|version\(\)|current_schema/i;

/** Maximum length of a line of a plan. */
const LONGEST_LINE = 300;

/** Time limit of one statement, in milliseconds. */
const TIME_LIMIT = 600_000;

type Query = (this: pg.Client, ...parameters: unknown[]) => unknown;

/** Runs every read of the store on a database, and writes the query plans to a file. */
export async function writePlans(url: string, file: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const sections = [await sizeOf(client)];
    for (const [title, read] of READS) {
      const plans: string[] = [];
      for (const statement of await statementsOf(url, read)) plans.push(await planOf(client, statement));
      sections.push(`## ${title}\n\n${plans.join('\n')}`);
    }
    writeFileSync(file, HEAD + sections.join('\n'));
  } finally {
    await client.end();
  }
}

type Read = (repository: PostgresSessionsRepository, health: PostgresHealth) => Promise<unknown>;

function list(filter: Partial<SessionFilter> = {}, page: Partial<SessionPageRequest> = {}): Read {
  return (repository) =>
    repository.list({
      filter: { access: FULL_ACCESS, includeChildren: false, archived: 'false', ...filter },
      sort: '-last_active_at',
      limit: 20,
      start: { offset: 0 },
      ...page,
    });
}

function search(text: string, total: TotalPrecision = 'exact'): Read {
  return list({ search: text }, { sort: 'relevance', total });
}

const NEWEST = { includeInactive: false, lineage: false, limit: 50, offset: 0, order: 'desc' } as const;

/** The reads with their titles. */
const READS: readonly (readonly [title: string, read: Read])[] = [
  ['`list`', list()],
  ['`list`, by platform', list({ platforms: ['cli'] })],
  ['`list`, by user', list({ userId: 'user-3' })],
  ['`list`, every session, oldest first', list({ includeChildren: true }, { sort: 'started_at' })],
  ['`get`', (repository) => repository.get(LONG_SESSION, FULL_ACCESS)],
  ['`messages`, the newest of 5,000', (repository) => repository.messages(LONG_SESSION, NEWEST, FULL_ACCESS)],
  ['search, a rare word', search(SEARCH_WORDS.rare)],
  ['search, a word in 2 % of messages', search(SEARCH_WORDS.occasional)],
  ['search, a word in 60 % of messages', search(SEARCH_WORDS.common)],
  ['search, Chinese in 1 % of messages', search(SEARCH_WORDS.chinese)],
  ['search, a word in 2 % of messages, about so many', search(SEARCH_WORDS.occasional, 'about')],
  ['search, a word in 60 % of messages, about so many', search(SEARCH_WORDS.common, 'about')],
  [
    'search, a phrase of both, about so many',
    search(`"${SEARCH_WORDS.common} ${SEARCH_WORDS.occasional}"`, 'about'),
  ],
  ['`revision`', (repository) => repository.revision()],
  ['`status`', (_repository, health) => health.status()],
];

/** The distinct statements that a read sends. */
async function statementsOf(url: string, read: Read): Promise<readonly Statement[]> {
  const sent = new Map<string, Statement>();
  const query = Reflect.get(pg.Client.prototype, 'query') as Query;
  const recording: Query = function (...parameters) {
    const statement = toStatement(parameters);
    if (!OMITTED.test(statement.text)) sent.set(statement.text, statement);
    return query.apply(this, parameters);
  };
  // Patched before connecting, since a connection keeps a reference to the query function.
  Reflect.set(pg.Client.prototype, 'query', recording);
  const connection = new PostgresConnection({ url, replicaUrls: [], poolSize: 1, timeLimit: TIME_LIMIT });
  try {
    const searches = new BoundedSearches(connection, new SilentObserver(), TIME_LIMIT);
    await read(
      new PostgresSessionsRepository(connection, searches),
      new PostgresHealth(connection, searches, { doing: undefined }),
    );
    return [...sent.values()];
  } finally {
    Reflect.set(pg.Client.prototype, 'query', query);
    await connection.close();
  }
}

/** The arguments of a query: a text and its values, or one object with both. */
function toStatement([first, values]: readonly unknown[]): Statement {
  if (typeof first !== 'string') return first as Statement;
  return { text: first, values: Array.isArray(values) ? values : [] };
}

async function planOf(client: pg.Client, { text, values }: Statement): Promise<string> {
  const { rows } = await client.query<{ readonly 'QUERY PLAN': string }>(
    `EXPLAIN (ANALYZE, BUFFERS, COSTS off) ${text}`,
    [...values],
  );
  const plan = rows.map((row) => shortened(row['QUERY PLAN'])).join('\n');
  return `\`\`\`sql\n${text.replace(/\s+/g, ' ').trim()}\n\`\`\`\n\n\`\`\`text\n${plan}\n\`\`\`\n`;
}

/** Plans contain the parameters' values, some of which are lists of thousands. */
function shortened(line: string): string {
  return line.length <= LONGEST_LINE ? line : `${line.slice(0, LONGEST_LINE)}…`;
}

async function sizeOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{
    readonly name: string;
    readonly rows: string;
    readonly size: string;
  }>(
    `SELECT c.relname AS name, CAST(c.reltuples AS bigint)::text AS rows, pg_size_pretty(pg_total_relation_size(c.oid)) AS size
      FROM pg_class c WHERE c.relkind = 'r' AND c.relname IN ('sessions', 'conversations', 'messages', 'session_words') ORDER BY 1`,
  );
  const table = rows.map(({ name, rows: count, size }) => `| ${name} | ${count} | ${size} |`);
  return ['| table | rows | size with its indexes |', '| --- | ---: | ---: |', ...table, ''].join('\n');
}
