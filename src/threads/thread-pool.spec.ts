import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { temporaryFolder } from '../../test/support/server.js';
import { ThreadPool, ThreadsEndedError } from './thread-pool.js';

describe('ThreadPool', () => {
  const folder = temporaryFolder();
  const taken = join(folder, 'taken');
  let threads: ThreadPool<number, number>;

  beforeAll(() => {
    const program = join(folder, 'doubling.mjs');
    writeFileSync(
      program,
      `import { existsSync } from 'node:fs';
      if (existsSync(${JSON.stringify(taken)})) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
      export default function (number) {
        if (number < 0) throw new RangeError('It is negative.');
        return number * 2;
      }`,
    );
    threads = new ThreadPool({ program: pathToFileURL(program).href, least: 1, most: 2, idle: 1000 });
  });

  afterAll(() => threads.end());

  it('begins anew behind threads that could not be begun', async () => {
    writeFileSync(taken, '');
    const tasks = [1, 2, 3].map((number) => threads.run(number));
    await Promise.all(tasks.map((task) => expect(task).rejects.toThrow(ThreadsEndedError)));
    rmSync(taken);
    expect(await threads.run(4)).toBe(8);
  });

  it('gives what the program threw, and goes on with the same threads', async () => {
    await expect(threads.run(-1)).rejects.toThrow('It is negative.');
    expect(await threads.run(5)).toBe(10);
  });

  it('ends what is under way, and begins anew', async () => {
    const ended = expect(threads.run(6)).rejects.toThrow(ThreadsEndedError);
    await threads.end();
    await ended;
    expect(await threads.run(7)).toBe(14);
  });
});
