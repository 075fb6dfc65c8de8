import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../test/support/server.js';
import { until } from '../../test/support/wait.js';
import { logStream } from './log-stream.js';

describe('lines that cannot be written', () => {
  const FULL = '/dev/full';

  it('are written once there is room, and those that did not fit are counted', async () => {
    const descriptor = openSync(FULL, 'w');
    const stream = logStream(descriptor, (lines) => {
      stream.write(`${lines} dropped\n`);
    });
    const line = `${'x'.repeat(64 * 1024)}\n`;
    stream.write('the first\n');
    for (let times = 0; times < 20; times++) stream.write(line);
    // No error event may escape.
    await new Promise((resolve) => setImmediate(resolve));
    const path = join(temporaryFolder(), 'log');
    give(descriptor, path);
    await until(() => readFileSync(path, 'utf8').endsWith(' dropped\n'));
    const written = readFileSync(path, 'utf8').split('\n');
    expect(written[0]).toBe('the first');
    expect(written.filter((text) => text.startsWith('xx'))).toEqual(Array(15).fill(line.trim()));
    expect(written.slice(-2)).toEqual(['5 dropped', '']);
    closeSync(descriptor);
  });
});

/** Redirects a descriptor to a file. */
function give(descriptor: number, path: string): void {
  closeSync(descriptor);
  const others: number[] = [];
  for (let opened = openSync(path, 'w'); opened !== descriptor; opened = openSync(path, 'w'))
    others.push(opened);
  for (const other of others) closeSync(other);
}
