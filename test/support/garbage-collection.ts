import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Forces garbage collection of everything unreferenced. */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // Objects used in a turn of the event loop are not collected before the next one.
  for (let turn = 0; turn < 5; turn++) {
    await sleep(10);
    collect();
  }
}
