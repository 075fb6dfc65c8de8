import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Has everything collected that nobody holds. */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // What was looked at in a turn of the event loop is not collected before the next one.
  for (let turn = 0; turn < 5; turn++) {
    await sleep(10);
    collect();
  }
}
