import type { DatabaseAddress } from './data-source.js';
import { SteadyClient } from './steady-client.js';

/**
 * Whether there is a pooler such as PgBouncer in transaction mode. Then session state such as prepared statements and settings does not
 * survive a transaction. A pooler reports its own process id at startup, where the database would report the backend's
 * (https://www.postgresql.org/docs/current/protocol-flow.html, BackendKeyData).
 * @throws the connection error
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

/** SQL that sets, within a transaction, the limits that a direct connection has from its start. @param timeLimit milliseconds */
export function transactionLimits(timeLimit: number): string {
  return `SET LOCAL statement_timeout = ${timeLimit}; SET LOCAL idle_in_transaction_session_timeout = ${2 * timeLimit}`;
}
