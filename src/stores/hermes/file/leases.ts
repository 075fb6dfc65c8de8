import type { HistoryMoment } from './layout.js';
import { isProvablyGone } from './process-table.js';
import { numberOf, requiredText, textOf } from './values.js';

/** Hermes's tables of sessions that an agent is using: by the root of the chain, or by the session itself during a compression. */
const LEASES = [
  { table: 'session_turn_leases', session: 'conversation_id' },
  { table: 'compression_locks', session: 'session_id' },
] as const;

/**
 * The sessions that an agent is using, with the end of each lease in epoch seconds. As in Hermes, a lease whose holder is provably dead is void.
 * @param now epoch seconds.
 */
export function readLeases({ reader, layout }: HistoryMoment, now: number): ReadonlyMap<string, number> {
  const leases = new Map<string, number>();
  for (const { table, session } of LEASES) {
    if (!layout.tables.has(table)) continue;
    const rows = reader.all(
      `SELECT ${session} AS session, holder, expires_at FROM ${table} WHERE expires_at > ?`,
      now,
    );
    for (const row of rows) {
      if (isProvablyDead(textOf(row.holder) ?? '')) continue;
      const id = requiredText(row, 'session');
      leases.set(id, Math.max(leases.get(id) ?? 0, numberOf(row.expires_at) ?? 0));
    }
  }
  return leases;
}

/** Hermes's holders begin with their process id: `pid=4711:tid=…`. */
const HOLDER = /^pid=([1-9]\d{0,9})(?::|$)/;

/** Whether a holder names a process that provably ended. Any other holder counts as alive until its lease ends. */
function isProvablyDead(holder: string): boolean {
  const [, pid] = HOLDER.exec(holder) ?? [];
  return pid !== undefined && isProvablyGone(Number(pid));
}
