import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { errorCode } from '../../../config/error-code.js';

/**
 * The initial PID namespace of a Linux machine, which sees the processes of all others
 * (https://github.com/torvalds/linux/blob/master/include/linux/proc_ns.h, `PROC_PID_INIT_INO`).
 */
const FIRST_NAMESPACE = 'pid:[4026531836]';

/**
 * Whether no process on this machine has this id, in any container. This is known only on Linux, outside of containers, if the system shows all
 * users' processes: elsewhere a process may run that is invisible from here.
 */
export function isProvablyGone(pid: number): boolean {
  if (process.platform !== 'linux' || isRunning(pid)) return false;
  try {
    if (readlinkSync('/proc/self/ns/pid') !== FIRST_NAMESPACE) return false;
    // If other users' processes are hidden, process 1 is as well.
    readFileSync('/proc/1/status');
    return !readdirSync('/proc').some((name) => numbersOf(name).includes(pid));
  } catch {
    return false;
  }
}

/** The ids of a process: in its own namespace, and in the enclosing ones (proc_pid_status(5), `NSpid`). */
function numbersOf(name: string): readonly number[] {
  if (!/^\d+$/.test(name)) return [];
  try {
    const [, numbers = ''] = /^NSpid:\s*(.*)$/m.exec(readFileSync(`/proc/${name}/status`, 'utf8')) ?? [];
    return numbers.split(/\s+/).map(Number);
  } catch {
    // The process has ended since the folder was listed.
    return [];
  }
}

/** Whether a process with this id exists in this process's view. */
export function isRunning(pid: number): boolean {
  try {
    // Signal 0 only checks for the process (kill(2)).
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A missing permission still means that the process exists.
    return errorCode(error) !== 'ESRCH';
  }
}
