import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from './make-folder.js';

describe('a folder that is made', () => {
  let parent: string;

  beforeEach(() => (parent = mkdtempSync(join(tmpdir(), 'make-folder-'))));

  afterEach(() => {
    rmSync(parent, { recursive: true });
  });

  it('is there with those on the way, for its owner alone, and is left as it is where it was', () => {
    const path = join(parent, 'a', 'b');
    makeFolder(path);
    writeFileSync(join(path, 'kept'), '');
    makeFolder(path);
    expect(statSync(join(path, 'kept')).isFile()).toBe(true);
    expect([path, join(parent, 'a')].map((each) => statSync(each).mode & 0o777)).toEqual([0o700, 0o700]);
  });

  it.each([
    ['behind a file', 'ENOTDIR', (path: string) => join(file(path), 'a')],
    ['in the place of a file', 'EEXIST', file],
    ['behind a link to nowhere', 'EEXIST', link],
    ['where the system makes none', 'ENOENT', () => '/proc/no-such-folder/a'],
  ])('is refused at once %s', (_name, code, place) => {
    expect(() => {
      makeFolder(place(join(parent, 'there')));
    }).toThrow(code);
  });
});

function file(path: string): string {
  writeFileSync(path, '');
  return path;
}

function link(path: string): string {
  symlinkSync(`${path}-nowhere`, path);
  return path;
}
