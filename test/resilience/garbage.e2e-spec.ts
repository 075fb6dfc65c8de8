import Sqlite from 'better-sqlite3';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { MessageListResponse } from '../../src/sessions/dto/message-list.response.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { hour, say, smallHistory, withManySessions } from '../support/histories.js';
import { TestServer } from '../support/server.js';

type Value = string | number | bigint | Buffer | null;

/** What no column of Hermes's should hold, and what SQLite lets in all the same. */
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
const ODD_IDS = [
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

/** Puts every piece of garbage into every column, as far as constraints allow. */
function litter(path: string): void {
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
  // Constraints keep some garbage out, or this would say little about the rest.
  expect(refused).toBeLessThan(120);
  writer.close();
}

/** What must be answered in time and never with a 5xx; a hang would end the test. */
async function answered(
  request: Promise<{ status: number; body: unknown; text: string }>,
  what: string,
): Promise<unknown> {
  const begun = performance.now();
  const { status, body, text } = await request;
  if (status >= 500 || performance.now() - begun > 5000)
    throw new Error(`${what}: ${status} ${text.slice(0, 300)} after ${performance.now() - begun} ms`);
  return body;
}

describe.each([6, 16, 25, 30] as const)('a history of version %d full of garbage', (version) => {
  let path: string;
  let server: TestServer;

  beforeAll(async () => {
    path = smallHistory(version, version === 16 ? 'delete' : 'wal');
    if (version !== 16) withManySessions(path);
    litter(path);
    server = await TestServer.start(path);
  });

  afterAll(() => server.close());

  const get = (query: string): Promise<unknown> => answered(server.get(query), query);

  it.each([
    'sort=-last_active_at',
    'sort=started_at',
    'include_children=true&archived=any',
    'archived=true',
    'platform=cli&since=2020-01-01',
    'search=litter',
    'search=circle+OR+chain&include_children=true',
    'search=%3Cscript%3E',
    'user_id=null',
    'title=yesterday',
  ])('is listed to its end: %s', async (query) => {
    const ids: string[] = [];
    let total = 0;
    for (let after = ''; ;) {
      const page = (await get(`/v1/sessions?limit=200&${query}${after}`)) as SessionListResponse;
      ids.push(...page.data.map(({ id }) => id));
      total = page.total;
      if (page.next_cursor === null) break;
      after = `&after=${encodeURIComponent(page.next_cursor)}`;
    }
    expect(ids).toHaveLength(total);
    expect(new Set(ids).size).toBe(total);
  });

  it('is read, session by session and message by message', async () => {
    const db = new Sqlite(path, { readonly: true });
    const ids = db
      .prepare<[], string>("SELECT id FROM sessions WHERE typeof(id) = 'text' AND id NOT LIKE 'filler%'")
      .pluck()
      .all();
    db.close();
    expect(ids).toEqual(expect.arrayContaining(ODD_IDS));
    for (const id of ids.filter((each) => each !== '' && !/^\.{1,2}$/.test(each))) {
      const url = `/v1/sessions/${encodeURIComponent(id)}`;
      expect(await get(url)).toMatchObject({ id: id.toWellFormed() });
      expect(
        await get(`${url}/messages?limit=500&lineage=true&include_inactive=true&order=desc`),
      ).toMatchObject({
        session_id: id.toWellFormed(),
      });
    }
    const littered = (await get(
      '/v1/sessions/littered/messages?limit=500&include_inactive=true',
    )) as MessageListResponse;
    expect(littered.data.length).toBeGreaterThan(300);
    const plain = (await get('/v1/sessions/plain/messages')) as MessageListResponse;
    expect(plain.data.map(({ id }) => id)).toEqual([...plain.data.map(({ id }) => id)].sort((a, b) => a - b));
  });

  it('is renamed, archived and deleted', async () => {
    for (const id of [
      ...ODD_IDS.filter((each) => !/^\.{1,2}$/.test(each)),
      'cycle 1',
      'own parent',
      'orphan',
      'link 70',
    ]) {
      const url = `/v1/sessions/${encodeURIComponent(id)}`;
      expect(
        await answered(server.patch(url, { title: `Renamed ${id}`.slice(0, 90) }), `PATCH ${id}`),
      ).toMatchObject({ id });
      await answered(server.patch(url, { archived: true }), `PATCH ${id}`);
      expect(await answered(server.delete(url), `DELETE ${id}`)).toMatchObject({ deleted: true });
      expect((await server.get(url)).status).toBe(404);
    }
    const db = new Sqlite(path);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    db.close();
  });
});

describe.each(['wal', 'delete'] as const)('a history of very large things in %s mode', (mode) => {
  const LONG = 100_000;
  const LARGE = 50 * 1024 * 1024;
  let path: string;
  let server: TestServer;

  beforeAll(async () => {
    path = smallHistory(25, mode);
    const writer = HistoryWriter.open(path);
    writer.db.pragma('synchronous = OFF');
    writer.together(() => {
      writer.addSession({ id: 'long', source: 'cli', started_at: hour(60) });
      const add = writer.db.prepare(
        "INSERT INTO messages (session_id, role, content, timestamp) VALUES ('long', ?, ?, ?)",
      );
      for (let at = 0; at < LONG; at++)
        add.run(
          at % 2 === 0 ? 'user' : 'assistant',
          `everyday ${at}${at === 77_777 ? ' everyday everyday' : ''}`,
          hour(60) + at / 10,
        );
      writer.addSession({ id: 'large', source: 'cli', started_at: hour(100) });
      say(writer, 'large', 'user', `${'lorem ipsum '.repeat(LARGE / 12)} needle`, hour(100));
      say(
        writer,
        'large',
        'assistant',
        `\u0000json:[{"type":"text","text":"${'dolor '.repeat(LARGE / 60)} thread"}]`,
        hour(100),
      );
    });
    writer.close();
    server = await TestServer.start(path);
  }, 120_000);

  afterAll(() => server.close());

  it('is listed with its previews, searched and read', async () => {
    const list = (await answered(server.get('/v1/sessions?limit=2'), 'list')) as SessionListResponse;
    expect(list.data.map(({ id, preview, turn_count }) => [id, preview, turn_count])).toEqual([
      ['large', 'lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum ...', 1],
      ['long', 'everyday 0', LONG / 2],
    ]);
    expect(await answered(server.get('/v1/sessions?search=needle'), 'search')).toMatchObject({
      total: 1,
      data: [{ id: 'large', match: { snippet: expect.stringContaining('<mark>needle</mark>') } }],
    });
    const page = (await answered(
      server.get('/v1/sessions/long/messages?offset=99990&limit=500'),
      'page',
    )) as MessageListResponse;
    expect([page.total, page.data.length, page.data[0]?.content]).toEqual([LONG, 10, 'everyday 99990']);
    const large = await server.get('/v1/sessions/large/messages');
    expect([large.status, large.text.length > LARGE]).toEqual([200, true]);
  }, 60_000);

  it('ranks a hundred thousand hits, in either journal mode alike', async () => {
    const found = (await answered(
      server.get('/v1/sessions?search=everyday'),
      'search',
    )) as SessionListResponse;
    expect(found.total).toBe(1);
    expect(found.data[0]?.match?.snippet).toContain('everyday</mark> 77777');
  });
});
