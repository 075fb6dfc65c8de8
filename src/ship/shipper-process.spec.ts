import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { hasEnded, newShipperIdentity, processKey } from './shipper-process.js';

/** Replaces the place, the PID or the start time in a key. */
function changed(key: string, part: 0 | 1 | 2, value: string): string {
  return key
    .split('/')
    .map((old, at) => (at === part ? value : old))
    .join('/');
}

describe('a process that has a history', () => {
  const own = processKey(process.pid) ?? '';
  const [place = ''] = own.split('/');

  it('is known to run while it does, and to have ended after that', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()']);
    await once(child, 'spawn');
    const key = processKey(child.pid ?? 0) ?? '';
    expect([hasEnded(key), hasEnded(own)]).toEqual([false, false]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(hasEnded(key)).toBe(true);
  });

  it('has ended where its number is another process by now', () => {
    expect(hasEnded(changed(own, 2, '1'))).toBe(true);
  });

  it.each([
    ['another machine, or this one before it was started again', place.replace(/^[0-9a-f]/, 'x')],
    ['another machine that was resumed from the same snapshot', place.replace(hostname(), 'another-host')],
    ['another container of this machine', place.replace(/\d+\]$/, '1]')],
  ])('is not known to have ended where it is of %s', (_of, elsewhere) => {
    expect(elsewhere).not.toBe(place);
    expect(hasEnded(changed(changed(own, 0, elsewhere), 1, '999999999'))).toBe(false);
  });

  it.each(['', 'nonsense', `${place}/0/1`, `${place}/-1/1`, `${place}/x/1`])(
    'is not known to have ended where it is named "%s"',
    (key) => {
      expect(hasEnded(key)).toBe(false);
    },
  );

  it('has another id for each of its shippers', () => {
    expect(newShipperIdentity().id).not.toBe(newShipperIdentity().id);
  });
});
