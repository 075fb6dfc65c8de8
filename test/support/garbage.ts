import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { hour, say } from './histories.js';

/** Values that SQLite stores. */
type Value = string | number | bigint | Buffer | null;

/** Values that no column of Hermes should contain, but that SQLite accepts. */
const GARBAGE: readonly Value[] = [
  null,
  '',
  'yesterday',
  '\u0000',
  '{"unfinished": ',
  'null',
  '[]',
  '[[[]]]',
  '"text"',
  '{"_delegate_from": {"id": ["plain"]}, "_branched_from": 7, "_reset_from": []}',
  `${'['.repeat(5000)}${']'.repeat(5000)}`,
  '5e246',
  -1,
  5e246,
  -5e246,
  9_007_199_254_740_993n,
  -9_223_372_036_854_775_808n,
  Buffer.from([0xff, 0xfe, 0x00, 0x80]),
  Buffer.alloc(0),
  '\ud83d lone',
  '<script>alert(1)</script> %00 \' " ; DROP TABLE sessions; --',
];

const SESSION_COLUMNS =
  'source user_id model model_config parent_session_id started_at ended_at end_reason message_count tool_call_count input_tokens output_tokens estimated_cost_usd archived pinned title session_key last_activity_at hidden'.split(
    ' ',
  );
const MESSAGE_COLUMNS =
  'role content tool_call_id tool_calls tool_name timestamp token_count finish_reason reasoning reasoning_content active compacted display_kind'.split(
    ' ',
  );

/** Any text is a legal id. */
export const ODD_IDS = [
  'with/slash',
  '../../etc/passwd',
  '..',
  '.',
  "quote\"s 'and' `ticks`",
  'line\nbreak\r\n\ttab',
  '🚀👨‍👩‍👧‍👦',
  'percent%2Fencoded%',
  'question?mark#hash&and=equals+plus',
  '\u202eright to left',
  '__proto__',
  'constructor',
  ' space ',
  'x'.repeat(600),
  'null',
  '0',
];

/** Writes each garbage value into each column, as far as constraints allow. */
export function litter(path: string): void {
  const writer = HistoryWriter.open(path);
  const { db } = writer;
  const columnsOf = (table: string): ReadonlySet<unknown> =>
    new Set(db.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table));
  let refused = 0;
  const set = (sql: string, ...values: readonly Value[]): void => {
    try {
      db.prepare(sql).run(...values);
    } catch {
      refused++;
    }
  };
  let made = 0;
  writer.together(() => {
    for (const column of SESSION_COLUMNS.filter((name) => columnsOf('sessions').has(name))) {
      for (const value of GARBAGE) {
        const id = `litter ${made++} ${column}`;
        writer.addSession({ id, source: 'cli', started_at: hour(made) });
        say(writer, id, 'user', `Litter in ${column}`, hour(made));
        set(`UPDATE sessions SET ${column} = ? WHERE id = ?`, value, id);
      }
    }
    writer.addSession({ id: 'littered', source: 'cli', started_at: hour(1) });
    for (const column of MESSAGE_COLUMNS.filter((name) => columnsOf('messages').has(name))) {
      for (const value of [...GARBAGE, ...GARBAGE.map((each) => `\u0000json:${String(each)}`)]) {
        const message = say(writer, 'littered', 'user', `A message with litter in ${column}`, hour(2));
        set(`UPDATE messages SET ${column} = ? WHERE id = ?`, value, message);
      }
    }
    for (const id of ODD_IDS) {
      writer.addSession({ id, source: 'cli', started_at: hour(3) });
      say(writer, id, 'user', 'Said in a session with an odd id', hour(3));
    }
    for (const [id, parent] of [
      ['own parent', 'own parent'],
      ['cycle 1', 'cycle 3'],
      ['cycle 2', 'cycle 1'],
      ['cycle 3', 'cycle 2'],
      ['orphan', 'nobody'],
    ] as const) {
      const reason = { end_reason: 'compression', ended_at: hour(5) };
      writer.addSession({ id, source: 'cli', started_at: hour(4), parent_session_id: parent, ...reason });
      say(writer, id, 'user', 'Said in a circle', hour(4));
    }
    for (let at = 0; at < 150; at++) {
      const parent = at === 0 ? null : `link ${at - 1}`;
      writer.addSession({
        id: `link ${at}`,
        source: 'cli',
        started_at: hour(5),
        parent_session_id: parent,
        end_reason: 'compression',
      });
      say(writer, `link ${at}`, 'user', 'Said in a long chain', hour(5));
    }
    set("INSERT INTO sessions (id, source, started_at) VALUES (NULL, 'cli', 1)");
    set("INSERT INTO sessions (id, source, started_at) VALUES (x'00ff', 'cli', 1)");
    set("INSERT INTO sessions (id, source, started_at) VALUES ('', 'cli', 1)");
    set("INSERT INTO messages (session_id, role, content, timestamp) VALUES (x'00', 'user', 'stray', 1)");
    set(
      "INSERT INTO messages (id, session_id, role, content, timestamp) VALUES (-7, 'plain', 'user', 'before all', 1)",
    );
    set(
      "INSERT INTO messages (id, session_id, role, content, timestamp) VALUES (?, 'plain', 'user', 'behind all', 1)",
      9_007_199_254_740_993n,
    );
  });
  // Constraints refuse some values. If they refused most of them, the test would prove little.
  if (refused > 120) throw new Error(`${refused} pieces of garbage were refused`);
  writer.close();
}
