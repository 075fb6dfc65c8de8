import Sqlite from 'better-sqlite3';
import { SqliteReader } from './sqlite-reader.js';

describe('SqliteReader', () => {
  it('keeps what is asked for again and again ready, however many other queries there are', () => {
    const db = new Sqlite(':memory:');
    const prepare = db.prepare.bind(db);
    const prepared: string[] = [];
    Reflect.set(db, 'prepare', (sql: string) => {
      prepared.push(sql);
      return prepare(sql);
    });
    const reader = new SqliteReader(db);
    for (let limit = 1; limit <= 2000; limit++) {
      expect(reader.value(`SELECT ${limit} LIMIT ${limit}`)).toBe(limit);
      expect(reader.value('SELECT 0')).toBe(0);
    }
    expect(prepared.filter((sql) => sql === 'SELECT 0')).toHaveLength(1);
    db.close();
  });
});
