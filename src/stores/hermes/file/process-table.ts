import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { errorCode } from '../../../config/error-code.js';

/**
 * The first namespace of processes of a Linux machine, which sees those of all others
 * (https://github.com/torvalds/linux/blob/master/include/linux/proc_ns.h, `PROC_PID_INIT_INO`).
 */
const FIRST_NAMESPACE = 'pid:[4026531836]';

/**
 * Whether no process of this machine has a number, in whatever container. That is known on Linux alone, outside of containers, where the
 * system shows everybody's processes: elsewhere a process may run where it cannot be seen from here.
 */
export function isProvablyGone(pid: number): boolean {
  if (process.platform !== 'linux' || isRunning(pid)) return false;
  try {
    if (readlinkSync('/proc/self/ns/pid') !== FIRST_NAMESPACE) return false;
    // Where other users' processes are kept from sight, the first one is as well.
    readFileSync('/proc/1/status');
    return !readdirSync('/proc').some((name) => numbersOf(name).includes(pid));
  } catch {
    return false;
  }
}

/** The numbers of a process: in its own namespace, and in those around it (proc_pid_status(5), `NSpid`). */
function numbersOf(name: string): readonly number[] {
  if (!/^\d+$/.test(name)) return [];
  try {
    const [, numbers = ''] = /^NSpid:\s*(.*)$/m.exec(readFileSync(`/proc/${name}/status`, 'utf8')) ?? [];
    return numbers.split(/\s+/).map(Number);
  } catch {
    // It has ended since its name was read.
    return [];
  }
}

/** Whether there is a process with this number, as far as this one sees them. */
export function isRunning(pid: number): boolean {
  try {
    // Signal 0 is sent to nobody: it only asks (kill(2)).
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Whoever may not send it hears so, but not that there is nobody.
    return errorCode(error) !== 'ESRCH';
  }
}
