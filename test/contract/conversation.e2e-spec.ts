import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { MessageListResponse } from '../../src/sessions/dto/message-list.response.js';
import type { SessionChainResponse } from '../../src/sessions/dto/session-chain.response.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';

/** Messages of the conversation that is looked into: three sessions, the last of which is the one to resume. */
const LENGTH = 60;

/** What is said in the message of a number. */
function textOf(number: number): string {
  if (number % 10 === 3) return `Step ${number}: the <b>harbour</b> pilot & crew`;
  return number === 57 ? '用API调用, 2026年' : `Step ${number}`;
}

/** A chain of `part-1`, `part-2` and `part-3` with twenty messages each, and a rival of the last one that lost. */
function historyOfParts(): string {
  const path = smallHistory(25);
  const writer = HistoryWriter.open(path);
  writer.together(() => {
    for (const [at, id] of ['part-1', 'part-2', 'part-3'].entries()) {
      const isLast = id === 'part-3';
      writer.addSession({
        ...{ id, source: 'telegram', user_id: 'bo', started_at: hour(100 + at) },
        parent_session_id: at === 0 ? null : `part-${at}`,
        ended_at: isLast ? null : hour(101 + at),
        end_reason: isLast ? null : 'compression',
      });
      for (let number = at * 20; number < at * 20 + 20; number++)
        say(writer, id, number % 2 === 0 ? 'user' : 'assistant', textOf(number), hour(100 + at) + number);
    }
    writer.addSession({
      ...{ id: 'rival', source: 'telegram', user_id: 'bo', parent_session_id: 'part-2' },
      ...{ started_at: hour(102), ended_at: hour(103), end_reason: 'user_exit' },
    });
  });
  writer.addSession({
    ...{
      id: 'branch-of-1',
      source: 'cli',
      user_id: 'bo',
      parent_session_id: 'part-1',
      started_at: hour(104),
    },
    model_config: '{"_branched_from": "part-1"}',
  });
  // Is no part of any transcript.
  writer.db.exec("UPDATE messages SET active = 0 WHERE session_id = 'part-3' AND content = 'Step 45'");
  writer.close();
  return path;
}

describe('a conversation', () => {
  let server: TestServer;
  /** Ids of the messages of the whole transcript, in order. */
  let ids: readonly number[];

  const messages = (query: string): Promise<MessageListResponse> =>
    server.json(`/v1/sessions/part-3/messages?${query}`);

  beforeAll(async () => {
    server = await TestServer.start(historyOfParts());
    ids = (await messages('lineage=true&limit=500')).data.map(({ id }) => id);
  });

  afterAll(() => server.close());

  it('is read in parts', () => {
    expect(ids).toHaveLength(LENGTH - 1);
  });

  it.each(['part-1', 'part-2', 'part-3', 'rival'])('has all its sessions, by the name of %s', async (id) => {
    const { data } = await server.json<SessionChainResponse>(`/v1/sessions/${id}/chain`);
    const last = id === 'rival' ? 'rival' : 'part-3';
    expect(data.map((member) => member.id)).toEqual(['part-1', 'part-2', last]);
    for (const member of data) expect(member).toEqual(await server.json(`/v1/sessions/${member.id}`));
  });

  it('of one session has that', async () => {
    const { data } = await server.json<SessionChainResponse>('/v1/sessions/plain/chain');
    expect(data).toEqual([await server.json('/v1/sessions/plain')]);
  });

  it.each(['asc', 'desc'])('gives the page in which a message stands, order=%s', async (order) => {
    for (const [at, id] of ids.entries()) {
      const position = order === 'asc' ? at : ids.length - 1 - at;
      const page = await messages(`lineage=true&limit=7&order=${order}&around=${id}`);
      const same = await messages(`lineage=true&limit=7&order=${order}&offset=${position - (position % 7)}`);
      expect(page).toEqual({ ...same, position });
      expect(page.data[position % 7]?.id).toBe(id);
    }
  });

  it('finds a message among those of a role', async () => {
    const id = ids[21] ?? 0;
    const page = await messages(`lineage=true&limit=2&role=assistant&around=${id}`);
    expect(page).toMatchObject({ position: 10, total: 29 });
    expect(page.data[0]?.id).toBe(id);
  });

  it.each([
    ['another session', 'part-3', () => ids[0]],
    ['nobody', 'part-3', () => 999_999],
    ['a message of another role', 'part-1', () => ids[0]],
  ])('says that a message of %s is not there', async (_name, session, id) => {
    const response = await server.get(`/v1/sessions/${session}/messages?role=assistant&around=${id()}`);
    expect(response.status).toBe(404);
    expect(response.body).toMatchObject({ error: { code: 'message_not_found' } });
  });

  it('finds no message that was rewound, unless all are asked for', async () => {
    const all = await messages('include_inactive=true&limit=500');
    const rewound = all.data.find(({ active }) => active === false)?.id ?? 0;
    expect((await server.get(`/v1/sessions/part-3/messages?around=${rewound}`)).status).toBe(404);
    expect(await messages(`include_inactive=true&around=${rewound}`)).toMatchObject({ position: 5 });
  });

  it.each(['asc', 'desc'])('tells where a search hits, order=%s', async (order) => {
    const transcript = await messages(`lineage=true&limit=500&order=${order}`);
    const found = await messages(`lineage=true&search=harbour&limit=4&order=${order}`);
    expect(found).toMatchObject({ total: 6, has_more: true });
    const rest = await messages(`lineage=true&search=harbour&limit=4&offset=4&order=${order}`);
    expect(rest).toMatchObject({ total: 6, has_more: false });
    const hits = [...found.data, ...rest.data];
    expect(hits).toHaveLength(6);
    for (const { position = -1, snippet, ...message } of hits) {
      expect(message).toEqual(transcript.data[position]);
      expect(snippet).toMatch(/^Step \d+: the &lt;b&gt;<mark>harbour<\/mark>&lt;\/b&gt; pilot &amp; crew$/);
    }
  });

  it.each([
    ['harbour pilot', 2],
    ['"pilot crew"', 2],
    ['"crew pilot"', 0],
    ['harb*', 2],
    ['pilot NOT crew', 0],
    ['"step 43" OR "step 44"', 2],
    ['API', 1],
    ['2026', 1],
    ['调用', 1],
    ['"', 0],
    ['%', 0],
    ['Step 45', 0],
  ])('searches for %s as lists do', async (text, total) => {
    const found = await messages(`search=${encodeURIComponent(text)}`);
    expect(found).toMatchObject({ total, has_more: false });
    expect(found.data).toHaveLength(total);
  });

  it('searches one session, or only what people said', async () => {
    expect((await messages('search=harbour')).total).toBe(2);
    expect((await messages('search=harbour&lineage=true&role=user')).total).toBe(0);
    expect((await messages('search=harbour&lineage=true&role=assistant')).total).toBe(6);
  });

  it.each([
    ['around=1&offset=0', 'offset'],
    ['around=1&after=1', 'after'],
    ['around=1&before=1', 'before'],
    ['around=1&search=x', 'around'],
    ['search=x&after=1', 'after'],
    ['search=x&before=1', 'before'],
    ['around=x', 'around'],
    ['around=-1', 'around'],
    ['search=a&search=b', 'search'],
  ])('refuses %s', async (query, param) => {
    const response = await server.get(`/v1/sessions/part-3/messages?${query}`);
    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({ error: { code: 'invalid_parameter', param } });
  });

  it.each(['', '%20', '.'])('finds nothing where there is nothing to search for: "%s"', async (text) => {
    const response = await server.get(`/v1/sessions/part-3/messages?search=${text}`);
    expect([response.status, response.body]).toMatchObject([200, { data: [], total: 0, has_more: false }]);
  });

  it('refuses a search that is too long', async () => {
    const response = await server.get(`/v1/sessions/part-3/messages?search=${'x'.repeat(2049)}`);
    expect(response.body).toMatchObject({ error: { code: 'invalid_parameter', param: 'search' } });
  });

  it.each(['chain', 'messages?search=x', 'messages?around=1'])(
    'that nobody has is not found: %s',
    async (path) => {
      const response = await server.get(`/v1/sessions/nobody/${path}`);
      expect(response.body).toMatchObject({ error: { code: 'session_not_found' } });
    },
  );
});

describe('deleting a conversation', () => {
  let server: TestServer;

  beforeEach(async () => {
    server = await TestServer.start(historyOfParts());
  });

  afterEach(() => server.close());

  it.each(['part-1', 'part-3', 'rival'])('takes all of it, by the name of %s', async (id) => {
    const { status, body } = await server.delete(`/v1/sessions/${id}?lineage=true`);
    expect(status).toBe(200);
    const { deleted_session_ids: deleted } = body as { readonly deleted_session_ids: readonly string[] };
    expect(deleted[0]).toBe(id);
    expect([...deleted].sort()).toEqual(['part-1', 'part-2', 'part-3', 'rival']);
    await server.settled();
    for (const gone of deleted) expect((await server.get(`/v1/sessions/${gone}`)).status).toBe(404);
    expect((await server.get('/v1/sessions/plain')).status).toBe(200);
  });

  it('takes nothing where an agent is in the middle of it', async () => {
    const path = historyOfParts();
    const writer = HistoryWriter.open(path);
    writer.db
      .prepare(
        'INSERT INTO session_turn_leases (conversation_id, holder, acquired_at, expires_at) VALUES (?, ?, ?, ?)',
      )
      .run('part-1', 'agent', Date.now() / 1000, Date.now() / 1000 + 3600);
    writer.close();
    const busy = await TestServer.start(path);
    try {
      const response = await busy.delete('/v1/sessions/part-3?lineage=true');
      expect(response.body).toMatchObject({ error: { code: 'session_busy' } });
      await busy.settled();
      expect((await busy.get('/v1/sessions/part-2')).status).toBe(200);
      expect((await busy.delete('/v1/sessions/part-3?lineage=true&force=true')).status).toBe(200);
    } finally {
      await busy.close();
    }
  });
});
