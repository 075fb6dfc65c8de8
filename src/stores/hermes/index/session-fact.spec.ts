import Sqlite from 'better-sqlite3';
import { IS_TEXT } from '../file/sqlite-reader.js';
import { HAS_ID_SQL } from './session-fact.js';

/** An instruction of SQLite's virtual machine: https://www.sqlite.org/opcode.html */
interface Instruction {
  readonly opcode: string;
  readonly p1: number;
  readonly p2: number;
  readonly p3: number;
}

describe('the sessions of a slice that can be asked for', () => {
  it('are looked for from its begin to its end, and not among all', () => {
    const db = new Sqlite(':memory:');
    db.function(IS_TEXT, (bytes) => Number(Buffer.isBuffer(bytes)));
    db.exec('CREATE TABLE sessions (id TEXT PRIMARY KEY)');
    const program = db
      .prepare(`EXPLAIN SELECT s.id FROM sessions s WHERE s.rowid > ? AND s.rowid <= ? AND ${HAS_ID_SQL}`)
      .all(1, 2) as Instruction[];
    db.close();
    const parameters = program
      .filter(({ opcode }) => opcode === 'Variable')
      .map(({ p2: register }) => register);
    const begin = program.findIndex(({ opcode }) => opcode.startsWith('Seek'));
    const end = program.slice(begin).find(({ opcode }) => opcode === 'Gt');
    expect([program[begin]?.p3, end?.p1].map((register) => parameters.includes(register ?? -1))).toEqual([
      true,
      true,
    ]);
  });
});
