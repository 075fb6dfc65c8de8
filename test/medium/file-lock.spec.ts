import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { FileLockError, takeLock } from '../../src/stores/hermes/file/file-lock.js';
import { ROOT } from '../support/root.js';
import { temporaryFolder } from '../support/server.js';

const TAKE = `
try {
  require('better-sqlite3')(process.argv[1], { timeout: 0 }).exec('BEGIN EXCLUSIVE');
  console.log('taken');
} catch (error) {
  console.log(error.code);
}`;

/** What becomes of it where another process takes a lock. */
function takenElsewhere(path: string): string {
  return execFileSync(process.execPath, ['-e', TAKE, path], { cwd: ROOT, encoding: 'utf8' }).trim();
}

it('a lock stays where its own process asks for it once more', () => {
  const path = join(temporaryFolder(), 'index.db.lock');
  const lock = takeLock(path, 0);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(takenElsewhere(path)).toBe('SQLITE_BUSY');
  expect(() => takeLock(path, 0)).toThrow(FileLockError);
  expect(takenElsewhere(path)).toBe('SQLITE_BUSY');
  lock.release();
  expect(takenElsewhere(path)).toBe('taken');
  takeLock(path, 0).release();
});
