import { toStoreError } from './sqlite-failure.js';

describe('what SQLite refuses', () => {
  it.each([
    ['SQLITE_PROTOCOL', 'locking protocol', 'store_unavailable'],
    ['SQLITE_CONSTRAINT_UNIQUE', 'UNIQUE constraint failed: known_sessions.id', 'store_corrupt'],
    ['SQLITE_IOERR_READ', 'disk I/O error', 'store_unavailable'],
    ['SQLITE_BUSY', 'database is locked', 'store_busy'],
  ])('as %s is told by a code of the API', (code, message, told) => {
    expect(toStoreError(Object.assign(new Error(message), { code }))).toMatchObject({ code: told });
  });

  it('is told as it is where nobody knows it', () => {
    const error = Object.assign(new Error('UNIQUE constraint failed: sessions.title'), {
      code: 'SQLITE_CONSTRAINT_UNIQUE',
    });
    expect(toStoreError(error)).toBe(error);
  });
});
