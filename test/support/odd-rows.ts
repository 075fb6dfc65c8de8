import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { hour, say } from './histories.js';

/** Unusual rowids that SQLite accepts. */
export const ODD_ROWIDS = [-7, -1, 2 ** 52, Number.MAX_SAFE_INTEGER];

/** Ids that are invalid as text or decode to the same text, and an empty one. */
const UNREADABLE_IDS = [
  Buffer.alloc(0),
  Buffer.from([0xff, 0x41]),
  Buffer.from([0xfe, 0x41]),
  Buffer.from('v\u0000\ufffdx').fill(0x80, 2, 5),
];

/** Number of rows from {@link addOddRows} that cannot be requested: two more because of their rowid or because they have no text at all. */
export const UNREADABLE_ROWS = UNREADABLE_IDS.length + 2;

/**
 * Adds sessions with unusual rowids, and sessions that cannot be requested, each with a message.
 * @returns the ids of those that can be requested.
 */
export function addOddRows(path: string): readonly string[] {
  const writer = HistoryWriter.open(path);
  const { db } = writer;
  const add = db.prepare(
    "INSERT INTO sessions (rowid, id, source, started_at) VALUES (CAST(? AS INTEGER), CAST(? AS TEXT), 'odd', ?)",
  );
  const ids = ODD_ROWIDS.map((rowid) => `at ${rowid}`);
  writer.together(() => {
    ids.forEach((id, at) => {
      add.run(String(ODD_ROWIDS[at]), id, hour(40 + at));
      say(writer, id, 'user', `lantern of ${id}`, hour(40 + at));
    });
    const say2 = db.prepare(
      "INSERT INTO messages (session_id, role, content, timestamp) VALUES (CAST(? AS TEXT), 'user', 'lantern of nobody', ?)",
    );
    for (const id of UNREADABLE_IDS) {
      add.run(null, id, hour(50));
      say2.run(id, hour(50));
    }
    add.run('9223372036854775807', 'beyond', hour(51));
    db.prepare("INSERT INTO sessions (id, source, started_at) VALUES (x'00ff', 'odd', ?)").run(hour(52));
  });
  writer.close();
  return ids;
}
