import { setFlagsFromString } from 'node:v8';

/**
 * Lets the heap grow as it likes. The command line asks for a small one, since a history's index makes up most of it; where there is no
 * such index, a process would spend much of its time on collecting garbage.
 */
export function letHeapGrow(): void {
  setFlagsFromString('--no-optimize-for-size');
}
