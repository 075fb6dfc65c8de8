import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isRunning } from '../stores/hermes/file/process-table.js';
import type { ShipperIdentity } from '../stores/postgres/incoming/shipper-lease.js';

/** The identity under which a shipper of this process registers. */
export function newShipperIdentity(): ShipperIdentity {
  return {
    id: randomUUID(),
    name: `${hostname()}, process ${process.pid}`,
    process: processKey(process.pid),
  };
}

/**
 * Whether a process is known to have ended. This can only be known of processes on this machine, since its last boot, in the same PID
 * namespace: containers have their own.
 * @param key as {@link processKey} makes it.
 */
export function hasEnded(key: string): boolean {
  const own = processKey(process.pid);
  const [place, pid, startedAt] = partsOf(key);
  if (own === null || startedAt === undefined || place !== partsOf(own)[0]) return false;
  const number = Number(pid);
  if (!Number.isSafeInteger(number) || number <= 0) return false;
  // `/proc` may hide processes of other users (hidepid); whether a signal could be sent does not depend on that.
  if (!isRunning(number)) return true;
  const now = processKey(number);
  return now !== null && now !== key;
}

/**
 * Boot, host name, PID namespace, PID and start time of a process (proc_pid_stat(5)); null if the system does not provide them, as
 * outside Linux.
 */
export function processKey(pid: number): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const numbers = readlinkSync('/proc/self/ns/pid');
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in parentheses, which may contain anything.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie does nothing any more.
    const startedAt = state === 'Z' || state === 'X' ? 'ended' : fields[18];
    // Machines resumed from one snapshot have the same boot id, but need different host names to send.
    return [`${boot} ${hostname()} ${numbers}`, pid, startedAt].join('/');
  } catch {
    return null;
  }
}

function partsOf(key: string): readonly string[] {
  return key.split('/');
}
