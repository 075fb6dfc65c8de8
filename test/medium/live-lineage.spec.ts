import Sqlite from 'better-sqlite3';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { readLayout } from '../../src/stores/hermes/file/layout.js';
import { SqliteReader } from '../../src/stores/hermes/file/sqlite-reader.js';
import { LiveLineage } from '../../src/stores/hermes/lineage/live-lineage.js';
import { hour } from '../support/histories.js';
import { temporaryHistory } from '../support/temporary-history.js';

describe('the owners of the sessions of a file', () => {
  it('are remembered while nothing changes, and no longer', () => {
    const { stateDb } = temporaryHistory(25);
    const writer = HistoryWriter.open(stateDb);
    writer.addSession({
      ...{ id: 'root', source: 'cli', started_at: hour(1), ended_at: hour(2), end_reason: 'compression' },
      user_id: 'ana',
    });
    writer.addSession({ id: 'tip', source: 'cli', started_at: hour(2), parent_session_id: 'root' });
    const db = new Sqlite(stateDb, { readonly: true });
    const lineage = new LiveLineage({ reader: new SqliteReader(db), layout: readLayout(db) });
    const before = lineage.now();
    expect(before.node('tip')?.userId).toBe('ana');
    expect(lineage.now()).toBe(before);
    writer.db.prepare("UPDATE sessions SET user_id = 'bo' WHERE id = 'root'").run();
    expect(lineage.now().node('tip')?.userId).toBe('bo');
    db.close();
    writer.close();
  });
});
