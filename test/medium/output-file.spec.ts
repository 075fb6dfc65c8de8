import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { OutputFile, OutputFileError } from '../../src/commands/output-file.js';
import { smallHistory } from '../support/histories.js';
import { temporaryFolder } from '../support/server.js';
import { until } from '../support/wait.js';

let folder: string;
let path: string;

const textIn = (name: string): string => readFileSync(join(folder, name), 'utf8');

beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder, 'out.jsonl');
});

it('is whole at any moment, also where two are written under one name at a time', async () => {
  writeFileSync(path, 'before');
  const slow = new PassThrough();
  const first = new OutputFile(path).write(slow);
  slow.write('first, ');
  await until(() => readdirSync(folder).length === 2);
  await new OutputFile(path).write(Readable.from(['second']));
  expect(textIn('out.jsonl')).toBe('second');
  slow.end('whole');
  await first;
  expect(textIn('out.jsonl')).toBe('first, whole');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['out.jsonl']);
});

it('leaves what was there where the content breaks off', async () => {
  writeFileSync(path, 'before');
  const broken = new PassThrough();
  const written = new OutputFile(path).write(broken);
  broken.write('a part');
  broken.destroy(new Error('broken off'));
  await expect(written).rejects.toThrow('broken off');
  expect(textIn('out.jsonl')).toBe('before');
  expect(readdirSync(folder)).toEqual(['out.jsonl']);
});

it.each(['there', 'not there yet'])('follows a link to a file that is %s', async (state) => {
  if (state === 'there') writeFileSync(path, 'before');
  symlinkSync('out.jsonl', join(folder, 'link'));
  await new OutputFile(join(folder, 'link')).write(Readable.from(['after']));
  expect(textIn('out.jsonl')).toBe('after');
  expect(readlinkSync(join(folder, 'link'))).toBe('out.jsonl');
});

it('writes into what is no file as it is', async () => {
  execFileSync('mkfifo', [path]);
  const read = promisify(execFile)('cat', [path]);
  await new OutputFile(path).write(Readable.from(['through a pipe']));
  expect((await read).stdout).toBe('through a pipe');
  expect(statSync(path).isFIFO()).toBe(true);
  await new OutputFile('/dev/null').write(Readable.from(['nowhere']));
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
});

it.each(['', '-wal', '-shm', '-journal'])('replaces no database, nor a file%s beside one', (end) => {
  const history = smallHistory(25);
  symlinkSync(`${history}${end}`, path);
  for (const each of [`${history}${end}`, path]) expect(() => new OutputFile(each)).toThrow(OutputFileError);
});
