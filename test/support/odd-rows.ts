import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { hour, say } from './histories.js';

/** Rowids with which nobody begins, and which SQLite takes. */
export const ODD_ROWIDS = [-7, -1, 2 ** 52, Number.MAX_SAFE_INTEGER];

/** Ids that can be read as no text, or as the same one, and one that is nothing. */
const UNREADABLE_IDS = [
  Buffer.alloc(0),
  Buffer.from([0xff, 0x41]),
  Buffer.from([0xfe, 0x41]),
  Buffer.from('v\u0000\ufffdx').fill(0x80, 2, 5),
];

/** How many rows {@link addOddRows} adds that cannot be asked for: two more by their rowids or by having no text at all. */
export const UNREADABLE_ROWS = UNREADABLE_IDS.length + 2;

/**
 * Adds sessions with odd rowids, and sessions that cannot be asked for, each with a message.
 * @returns ids of those that can.
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
