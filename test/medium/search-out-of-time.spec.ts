import Sqlite from 'better-sqlite3';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { Deadline, DeadlineError } from '../../src/sessions/search/deadline.js';
import { readLayout } from '../../src/stores/hermes/file/layout.js';
import { SqliteReader } from '../../src/stores/hermes/file/sqlite-reader.js';
import { SharedMessageOwners } from '../../src/stores/hermes/index/message-owners.js';
import { HistorySearch, type SearchFindings } from '../../src/stores/hermes/search/history-search.js';
import { hour, say, smallHistory } from '../support/histories.js';

/** Is over once it was looked at so many times. */
class CountedDeadline extends Deadline {
  constructor(private looks: number) {
    super(60_000);
  }

  override check(): void {
    if (this.looks-- <= 0) throw new DeadlineError('out of time');
  }
}

describe('a search that runs out of time', () => {
  function find(change: string, text: string, looks: number): SearchFindings | undefined {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'pears', source: 'cli', started_at: hour(40) });
    for (let at = 0; at < 10; at++) say(writer, 'pears', 'user', `a pear, 梨 ${at}`, hour(40) + at);
    writer.db.unsafeMode(true);
    writer.db.exec(change);
    writer.close();
    const db = new Sqlite(path, { readonly: true });
    const owners = new SharedMessageOwners([[0, new Int32Array(new SharedArrayBuffer(4 * 65_536)).fill(1)]]);
    const deadline = new CountedDeadline(looks);
    const search = new HistorySearch(new SqliteReader(db), readLayout(db));
    try {
      return search.find({
        text,
        ranked: true,
        platforms: undefined,
        owners,
        supplement: undefined,
        deadline,
      });
    } finally {
      db.close();
    }
  }

  const damage = 'UPDATE messages_fts_data SET block = zeroblob(length(block)) WHERE id > 10';
  const newest = 28;

  it('in the place of a damaged index has found the newest, and says that there may be more', () => {
    const found = find(damage, 'pear', 3);
    expect(found?.messageIds).toEqual(Float64Array.of(newest));
    expect(found?.incomplete).toBe(true);
  });

  it('has failed where it was known that no index would answer', () => {
    expect(() => find('', '梨', 3)).toThrow(DeadlineError);
  });
});
