import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isRunning } from '../stores/hermes/file/process-table.js';
import type { ShipperIdentity } from '../stores/postgres/incoming/shipper-lease.js';

/** A shipper of this process, as the database knows it. */
export function newShipperIdentity(): ShipperIdentity {
  return {
    id: randomUUID(),
    name: `${hostname()}, process ${process.pid}`,
    process: processKey(process.pid),
  };
}

/**
 * Whether a process is known to run no more. Only one of this machine, since it was started, and with the same numbers of processes, is:
 * containers of one machine number theirs anew.
 * @param key as {@link processKey} makes it.
 */
export function hasEnded(key: string): boolean {
  const own = processKey(process.pid);
  const [place, pid, startedAt] = partsOf(key);
  if (own === null || startedAt === undefined || place !== partsOf(own)[0]) return false;
  const number = Number(pid);
  if (!Number.isSafeInteger(number) || number <= 0) return false;
  // What `/proc` shows depends on who looks (hidepid); whether a signal could be sent does not.
  if (!isRunning(number)) return true;
  const now = processKey(number);
  return now !== null && now !== key;
}

/** Boot, machine, space of process numbers, number and start of a process (proc_pid_stat(5)); null where the system does not say, as beside Linux. */
export function processKey(pid: number): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const numbers = readlinkSync('/proc/self/ns/pid');
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in brackets, which may hold anything.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // One that only waits to be forgotten by its parent does nothing any more.
    const startedAt = state === 'Z' || state === 'X' ? 'ended' : fields[18];
    // Machines that were resumed from one snapshot have one boot, but not one name where both are to send.
    return [`${boot} ${hostname()} ${numbers}`, pid, startedAt].join('/');
  } catch {
    return null;
  }
}

function partsOf(key: string): readonly string[] {
  return key.split('/');
}
