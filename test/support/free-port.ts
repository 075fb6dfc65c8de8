import { resolve } from 'node:path';
import { ROOT } from './root.js';

/** A free local port that no other process is given by chance. */
export async function freePort(): Promise<number> {
  // What makes PostgreSQL run takes one as well, and is not compiled.
  const setup = (await import(
    resolve(ROOT, 'test/setup/free-port.js')
  )) as typeof import('../setup/free-port.js');
  return setup.freePort();
}
