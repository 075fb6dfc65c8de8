import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SqliteReader } from '../../src/stores/hermes/file/sqlite-reader.js';
import { HistoryComparison, type ComparedRows } from '../../src/stores/hermes/index/history-comparison.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { openIndexed } from '../support/indexed-history.js';

describe.each(['wal', 'delete'] as const)('comparing a history with its index, journal mode %s', (mode) => {
  let agent: HistoryWriter;
  let reader: SqliteReader;
  let comparison: HistoryComparison;

  beforeEach(() => {
    const path = smallHistory(25, mode);
    agent = HistoryWriter.open(path);
    const indexed = openIndexed(path);
    reader = indexed.reader;
    comparison = new HistoryComparison(indexed);
  });

  afterEach(() => {
    reader.db.close();
    agent.close();
  });

  const rowidOf = (id: string): number =>
    Number(agent.db.prepare('SELECT rowid FROM sessions WHERE id = ?').pluck().get(id));

  it('finds nothing where nothing changed', () => {
    expect(comparison.compareRows(0, 1000)).toEqual({ changed: [], removed: [], next: null });
    expect(comparison.compareMessages('')).toEqual({ changed: [], next: null });
  });

  it('finds changed, added and removed rows', () => {
    const removed = rowidOf('empty');
    agent.db.exec(
      "UPDATE sessions SET archived = 1 WHERE id = 'plain'; DELETE FROM sessions WHERE id = 'empty'",
    );
    agent.addSession({ id: 'added', source: 'cli', started_at: hour(50) });
    const changes = comparison.compareRows(0, 1000);
    expect([...changes.changed].sort()).toEqual([rowidOf('plain'), rowidOf('added')].sort());
    expect(changes.removed).toEqual([removed]);
  });

  it('finds a removed row where as many were added', () => {
    const removed = rowidOf('empty');
    agent.db.exec("DELETE FROM sessions WHERE id = 'empty'");
    agent.addSession({ id: 'added', source: 'cli', started_at: hour(50) });
    expect(comparison.compareRows(0, 1000)).toEqual({
      changed: [rowidOf('added')],
      removed: [removed],
      next: null,
    });
  });

  it('finds a row that nobody can ask for any more, and passes over one that nobody ever could', () => {
    const removed = [rowidOf('empty')];
    agent.db.exec("UPDATE sessions SET id = '' WHERE id = 'empty'");
    agent.db.exec("INSERT INTO sessions (id, source, started_at) VALUES (x'00ff', 'cli', 1)");
    expect(comparison.compareRows(0, 1000)).toEqual({ changed: [], removed, next: null });
    removed.push(rowidOf('plain'));
    agent.db.exec("DELETE FROM sessions WHERE id = 'plain'");
    expect([...comparison.compareRows(0, 1000).removed].sort()).toEqual(removed.sort());
  });

  it('finds as much in slices', () => {
    const removed = [rowidOf('empty'), rowidOf('damaged')].sort();
    agent.db.exec(
      "UPDATE sessions SET archived = 1 WHERE id IN ('plain', 'chain-3', 'reset'); DELETE FROM sessions WHERE id IN ('empty', 'damaged')",
    );
    const changed: number[] = [];
    const gone: number[] = [];
    let slices = 0;
    for (let after: number | null = 0; after !== null; slices++) {
      const compared: ComparedRows = comparison.compareRows(after, 2);
      changed.push(...compared.changed);
      gone.push(...compared.removed);
      after = compared.next;
    }
    expect(slices).toBe(6);
    expect(changed.sort()).toEqual([rowidOf('plain'), rowidOf('chain-3'), rowidOf('reset')].sort());
    expect(gone.sort()).toEqual(removed);
  });

  it.each([
    [
      'a rewind that leaves no trace in the session',
      "UPDATE messages SET active = 0 WHERE session_id = 'plain'",
    ],
    ['removed messages', "DELETE FROM messages WHERE session_id = 'plain'"],
    ['messages that are dated otherwise', "UPDATE messages SET timestamp = 9 WHERE session_id = 'plain'"],
  ])('finds %s', (_name, statement) => {
    agent.db.exec(statement);
    expect(comparison.compareRows(0, 1000)).toEqual({ changed: [], removed: [], next: null });
    expect(comparison.compareMessages('')).toEqual({ changed: [rowidOf('plain')], next: null });
  });

  it('finds added messages, and goes on behind a session', () => {
    say(agent, 'branch', 'user', 'one', hour(60));
    say(agent, 'plain', 'user', 'two', hour(60));
    expect(comparison.compareMessages('branch')).toEqual({ changed: [rowidOf('plain')], next: null });
    expect(comparison.compareMessages('').changed).toEqual([rowidOf('branch'), rowidOf('plain')]);
  });
});
