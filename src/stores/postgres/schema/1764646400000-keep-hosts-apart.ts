import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tables whose rows belong to a history, identified by `history_id`. */
const OF_A_HISTORY = [
  'messages',
  'session_words',
  'conversations',
  'sessions',
  'session_counts',
  'commands',
  'tombstones',
  'leases',
  'changes',
  'removals',
] as const;

/** Times must be between 1970 and 2200, the range that is read from a `state.db`. */
const TIMES = [
  ['sessions', 'started_at'],
  ['sessions', 'ended_at'],
  ['sessions', 'last_active_at'],
  ['messages', '"timestamp"'],
] as const;

/** Numbers that must be finite. */
const NUMBERS = [
  ['sessions', 'message_count'],
  ['sessions', 'tool_call_count'],
  ['sessions', 'input_tokens'],
  ['sessions', 'output_tokens'],
  ['sessions', 'cache_read_tokens'],
  ['sessions', 'cache_write_tokens'],
  ['sessions', 'reasoning_tokens'],
  ['sessions', 'estimated_cost_usd'],
  ['sessions', 'actual_cost_usd'],
  ['messages', 'token_count'],
] as const;

/**
 * Row-level security. Roles that may use the tables see all rows, except the roles of hosts, which see only the host that `host_roles`
 * assigns to them. Nothing changes until hosts have their own roles.
 */
export class KeepHostsApart1764646400000 implements MigrationInterface {
  // TypeORM uses this name, because a compiled class can lose its own.
  readonly name = 'KeepHostsApart1764646400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE host_roles (
      role text COLLATE "C" PRIMARY KEY, origin text COLLATE "C" NOT NULL UNIQUE, created_at timestamptz NOT NULL DEFAULT now())`);
    const [{ schema }] = (await runner.query('SELECT quote_ident(current_schema()) AS schema')) as [
      { schema: string },
    ];
    // SECURITY DEFINER, because hosts may not read `host_roles`; the fixed search_path excludes a table of the same name that a host
    // creates. `session_user` is the role that has logged in, which a host cannot change.
    const asOwner = `LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, ${schema}, pg_temp`;
    await runner.query(
      `CREATE FUNCTION own_origin() RETURNS text ${asOwner}
        AS $$ SELECT origin FROM host_roles WHERE role = session_user $$`,
    );
    await runner.query(
      `CREATE FUNCTION own_histories() RETURNS integer[] ${asOwner}
        AS $$ SELECT coalesce(array_agg(id), '{}') FROM histories WHERE origin = own_origin() $$`,
    );
    for (const table of ['histories', ...OF_A_HISTORY]) {
      await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
      await runner.query(`CREATE POLICY everybody ON ${table} USING (true)`);
    }
    for (const [table, column] of TIMES) await check(runner, table, `${column} BETWEEN 0 AND 7258118400`);
    for (const [table, column] of NUMBERS)
      await check(runner, table, `${column} > '-Infinity' AND ${column} < 'Infinity'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['histories', ...OF_A_HISTORY]) {
      await runner.query(`DROP POLICY IF EXISTS own_host ON ${table}`);
      await runner.query(`DROP POLICY everybody ON ${table}`);
      await runner.query(`ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY`);
    }
    for (const table of ['sessions', 'messages']) await dropChecks(runner, table);
    await runner.query('DROP FUNCTION own_origin, own_histories');
    await runner.query('DROP TABLE host_roles');
  }
}

/** Values of one host appear in everybody's lists. NOT VALID, because the existing rows were written by shippers that comply. */
async function check(runner: QueryRunner, table: string, condition: string): Promise<void> {
  await runner.query(`ALTER TABLE ${table} ADD CHECK (${condition}) NOT VALID`);
}

async function dropChecks(runner: QueryRunner, table: string): Promise<void> {
  const names = (await runner.query(
    `SELECT quote_ident(conname) AS name FROM pg_constraint WHERE contype = 'c' AND conrelid = CAST($1 AS regclass)`,
    [table],
  )) as readonly { readonly name: string }[];
  for (const { name } of names) await runner.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
}
