import type { DatabaseAddress } from './data-source.js';
import { SteadyClient } from './steady-client.js';

/**
 * Whether a pooler lends the connections to a database, such as PgBouncer in transaction mode: then nothing that one transaction leaves
 * behind, such as a prepared statement or a setting, is there in the next one. A pooler names a process of its own where the database
 * would name the one that answers (https://www.postgresql.org/docs/current/protocol-flow.html, BackendKeyData).
 * @throws what it cannot be reached for.
 */
export async function isBehindPooler({ url, timeLimit }: DatabaseAddress): Promise<boolean> {
  const client = new SteadyClient({
    connectionString: url,
    application_name: 'hermes-sessions',
    connectionTimeoutMillis: Math.min(timeLimit, 5000),
    query_timeout: timeLimit,
  });
  try {
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    return rows[0]?.pid !== Reflect.get(client, 'processID');
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** SQL for the limits that a connection of one's own has from its beginning, within a transaction. @param timeLimit milliseconds */
export function transactionLimits(timeLimit: number): string {
  return `SET LOCAL statement_timeout = ${timeLimit}; SET LOCAL idle_in_transaction_session_timeout = ${2 * timeLimit}`;
}
