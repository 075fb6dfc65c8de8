import type { QueryRunner } from 'typeorm';
import type { ExpandingMigration } from './1764906400000-say-what-expands.js';
import { USAGE_BOUND } from '../../read-model/usage-bound.js';

const USAGE = [
  ...['input_tokens', 'output_tokens', 'cache_read_tokens', 'cache_write_tokens', 'reasoning_tokens'],
  ...['estimated_cost_usd', 'actual_cost_usd'],
];

const IS_USAGE = `BETWEEN -${USAGE_BOUND} AND ${USAGE_BOUND}`;

/** As many of these as a database can hold rows add up to a `bigint`. */
const IS_COUNT = 'BETWEEN 0 AND 1e12';

/**
 * What each row of a table has to keep to. Tables are taken in the order in which everybody who writes takes them, or each of those would be
 * in the middle of a circle.
 */
const BOUNDS: Readonly<Record<string, readonly string[]>> = {
  histories: [
    ...['file_bytes', 'held_sessions'].map((column) => `${column} BETWEEN 0 AND 1e15`),
    // PostgreSQL before 17 cannot tell how long ago they were.
    ...['seen_at', 'compared_at'].map((column) => `isfinite(${column})`),
  ],
  sessions: [
    ...['stored_messages', 'stored_bytes'].map((column) => `${column} ${IS_COUNT}`),
    ...USAGE.map((column) => `${column} ${IS_USAGE}`),
  ],
  conversations: ['messages', 'bytes'].map((column) => `${column} ${IS_COUNT}`),
};

/** Functions that keep `session_counts`. */
const COUNTING = ['sessions', 'conversations'].flatMap((table) =>
  ['in', 'out'].map((way) => `count_${table}_${way}`),
);

/**
 * What is added up over all hosts is bounded in each row, and counts are kept by the database alone: one row of one host could make a sum too
 * large for everybody.
 */
export class BoundWhatIsAddedUp1765252000000 implements ExpandingMigration {
  // TypeORM takes the name from here, since a compiled class can lose its own.
  readonly name = 'BoundWhatIsAddedUp1765252000000';
  readonly isExpanding = true;

  async up(runner: QueryRunner): Promise<void> {
    // Or nothing could be changed of them any more.
    const bounded = USAGE.map((column) => `${column} = CASE WHEN ${column} ${IS_USAGE} THEN ${column} END`);
    await runner.query(
      `UPDATE sessions SET ${bounded.join(', ')} WHERE ${USAGE.map((column) => `${column} NOT ${IS_USAGE}`).join(' OR ')}`,
    );
    for (const [table, conditions] of Object.entries(BOUNDS)) {
      await runner.query(
        `ALTER TABLE ${table} ADD CONSTRAINT ${table}_bounds CHECK (${conditions.join(' AND ')}) NOT VALID`,
      );
    }
    const [{ schema }] = (await runner.query('SELECT quote_ident(current_schema()) AS schema')) as [
      { schema: string },
    ];
    for (const name of COUNTING) {
      await runner.query(
        `ALTER FUNCTION ${name}() SECURITY DEFINER SET search_path = pg_catalog, ${schema}, pg_temp`,
      );
      // Or a host could have it called by a table of its own. Whoever changes a row needs no right to what its triggers call.
      await runner.query(`REVOKE EXECUTE ON FUNCTION ${name}() FROM PUBLIC`);
    }
    for (const group of await groupsOfHosts(runner))
      await runner.query(`REVOKE INSERT, UPDATE, DELETE ON session_counts FROM ${group}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const group of await groupsOfHosts(runner))
      await runner.query(`GRANT INSERT, UPDATE, DELETE ON session_counts TO ${group}`);
    for (const name of COUNTING) {
      await runner.query(`GRANT EXECUTE ON FUNCTION ${name}() TO PUBLIC`);
      await runner.query(`ALTER FUNCTION ${name}() SECURITY INVOKER RESET ALL`);
    }
    for (const table of Object.keys(BOUNDS))
      await runner.query(`ALTER TABLE ${table} DROP CONSTRAINT ${table}_bounds`);
  }
}

/** Those of hosts that have roles of their own: more than one where the database was restored by a release that made another one. */
async function groupsOfHosts(runner: QueryRunner): Promise<readonly string[]> {
  const groups = (await runner.query(
    `SELECT DISTINCT quote_ident(r.rolname) AS name FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
      WHERE c.oid = CAST('session_counts' AS regclass) AND starts_with(r.rolname, 'hermes_sessions_hosts_')`,
  )) as readonly { readonly name: string }[];
  return groups.map(({ name }) => name);
}
