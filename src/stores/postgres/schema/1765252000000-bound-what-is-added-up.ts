import type { QueryRunner } from 'typeorm';
import type { ExpandingMigration } from './1764906400000-say-what-expands.js';
import { USAGE_BOUND } from '../../read-model/usage-bound.js';

const USAGE = [
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'estimated_cost_usd',
  'actual_cost_usd',
];

const IS_USAGE = `BETWEEN -${USAGE_BOUND} AND ${USAGE_BOUND}`;

/** As many such values as a database can hold rows add up to a `bigint`. */
const IS_COUNT = 'BETWEEN 0 AND 1e12';

/** Conditions on each row of a table. The tables are locked in the order in which all writers lock them, which avoids deadlocks. */
const BOUNDS: Readonly<Record<string, readonly string[]>> = {
  histories: [
    ...['file_bytes', 'held_sessions'].map((column) => `${column} BETWEEN 0 AND 1e15`),
    // PostgreSQL before 17 cannot subtract infinite timestamps.
    ...['seen_at', 'compared_at'].map((column) => `isfinite(${column})`),
  ],
  sessions: [
    ...['stored_messages', 'stored_bytes'].map((column) => `${column} ${IS_COUNT}`),
    ...USAGE.map((column) => `${column} ${IS_USAGE}`),
  ],
  conversations: ['messages', 'bytes'].map((column) => `${column} ${IS_COUNT}`),
};

/** The functions that maintain `session_counts`. */
const COUNTING = ['sessions', 'conversations'].flatMap((table) =>
  ['in', 'out'].map((way) => `count_${table}_${way}`),
);

/**
 * Bounds the values that are summed over all hosts, and lets only triggers maintain counts: otherwise one row of one host could make a
 * sum overflow for everybody.
 */
export class BoundWhatIsAddedUp1765252000000 implements ExpandingMigration {
  // TypeORM uses this name, because a compiled class can lose its own.
  readonly name = 'BoundWhatIsAddedUp1765252000000';
  readonly isExpanding = true;

  async up(runner: QueryRunner): Promise<void> {
    // Otherwise rows out of bounds could not be updated any more.
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
      // Otherwise a host could call it from a table of its own. Trigger functions need no EXECUTE right of the writing role.
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

/** The groups of host roles; more than one if an earlier release restored the database and created another one. */
async function groupsOfHosts(runner: QueryRunner): Promise<readonly string[]> {
  const groups = (await runner.query(
    `SELECT DISTINCT quote_ident(r.rolname) AS name FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
      WHERE c.oid = CAST('session_counts' AS regclass) AND starts_with(r.rolname, 'hermes_sessions_hosts_')`,
  )) as readonly { readonly name: string }[];
  return groups.map(({ name }) => name);
}
