import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';

/** A session that a test adds: its parent, its markers, and how it ended. */
interface Added {
  readonly parent?: string;
  readonly markers?: object;
  readonly source?: string;
  readonly endReason?: string;
  readonly title?: string;
}

const START = hour(500);

/** Adds sessions in the order of their start, each with one message. */
function historyOf(
  sessions: Readonly<Record<string, Added>>,
  more?: (writer: HistoryWriter) => void,
): string {
  const path = smallHistory(25);
  const writer = HistoryWriter.open(path);
  writer.together(() => {
    Object.entries(sessions).forEach(([id, { parent, markers, source, endReason, title }], at) => {
      writer.addSession({
        ...{ id, source: source ?? 'tests', started_at: START + at, title: title ?? null },
        parent_session_id: parent ?? null,
        model_config: markers === undefined ? null : JSON.stringify(markers),
        ...(endReason === undefined ? {} : { end_reason: endReason, ended_at: START + at + 1 }),
      });
      say(writer, id, 'user', `Said in ${id}`, START + at);
    });
    more?.(writer);
  });
  writer.close();
  return path;
}

/** A lease of an agent that runs: this process. */
function hold(writer: HistoryWriter, conversation: string, holder = `pid=${process.pid}:tid=1`): void {
  const now = Date.now() / 1000;
  writer.db
    .prepare(
      'INSERT INTO session_turn_leases (conversation_id, holder, acquired_at, expires_at) VALUES (?, ?, ?, ?)',
    )
    .run(conversation, holder, now, now + 300);
}

describe('lineage', () => {
  let server: TestServer;

  afterEach(() => server.close());

  async function listed(): Promise<SessionListResponse['data']> {
    const list = await server.json<SessionListResponse>('/v1/sessions?platform=tests&limit=200');
    expect(list.total).toBe(list.data.length);
    return list.data;
  }

  async function status(method: string, id: string, body?: unknown): Promise<number> {
    return (await server.send(method, `/v1/sessions/${id}`, body)).status;
  }

  it.each(['_branched_from', '_reset_from'])(
    'a continuation that inherited %s continues its conversation',
    async (marker) => {
      const markers = { [marker]: 'origin' };
      server = await TestServer.start(
        historyOf({
          origin: { endReason: 'user_exit' },
          first: { parent: 'origin', markers, endReason: 'compression', title: 'The plan' },
          second: { parent: 'first', markers, endReason: 'compression' },
          third: { parent: 'second', markers },
        }),
      );
      expect(await listed()).toMatchObject([
        { id: 'third', root_session_id: 'first', chain_length: 3, parent_session_id: 'origin' },
        { id: 'origin', chain_length: 1 },
      ]);
      expect(await server.json('/v1/sessions/first')).toMatchObject({ tip_session_id: 'third' });
      expect(await server.json('/v1/sessions/third/messages?lineage=true')).toMatchObject({ total: 3 });
      expect(await server.json('/v1/sessions/stats?platform=tests')).toMatchObject({ conversations: 2 });
      expect(await status('patch', 'third', { title: 'The plan', archived: true })).toBe(200);
      expect(await server.json('/v1/sessions/first')).toMatchObject({ title: null, archived: true });
      expect((await listed()).map(({ id }) => id)).toEqual(['origin']);
    },
  );

  it('a preview is what the user wrote first, and a summary of earlier messages is no turn', async () => {
    const path = historyOf({ several: {}, carried: {}, skill: {} });
    const writer = HistoryWriter.open(path);
    const summary = '[CONTEXT COMPACTION — REFERENCE ONLY] Earlier turns were compacted into this summary.';
    const end = '--- END OF CONTEXT SUMMARY — respond to the message below, not the summary above ---';
    writer.db.exec('DELETE FROM messages');
    for (const [at, text] of [summary, 'Later by time', 'Earlier by time'].entries())
      say(writer, 'several', 'user', text, hour(4 - at));
    say(writer, 'several', 'user', `${summary}\n\n${end}\n`, hour(1));
    say(writer, 'carried', 'user', `${summary}\n\n${end}\n\nGo on with step 3`, hour(2));
    const call =
      '[IMPORTANT: The user has invoked the "work" skill, indicating they want you to follow it.]\n\nBody.\n\n';
    const typed =
      'The user has provided the following instruction alongside the skill invocation: fix the leak';
    say(writer, 'skill', 'user', call + typed, hour(2));
    writer.close();
    server = await TestServer.start(path);
    for (const [id, preview, turns] of [
      ['several', 'Earlier by time', 2],
      ['carried', 'Go on with step 3', 1],
      ['skill', '/work — fix the leak', 1],
    ] as const)
      expect(await server.json(`/v1/sessions/${id}`)).toMatchObject({ id, preview, turn_count: turns });
  });

  it('a marker that names another session than the parent makes no conversation', async () => {
    server = await TestServer.start(
      historyOf({
        origin: { endReason: 'user_exit' },
        stranger: {},
        child: { parent: 'stranger', markers: { _branched_from: 'origin', _reset_from: 7 } },
        worker: { parent: 'stranger', markers: { _delegate_from: ['stranger'] } },
        orphan: { markers: { _delegate_from: '__orphaned__' } },
      }),
    );
    expect((await listed()).map(({ id }) => id)).toEqual(['stranger', 'origin']);
  });

  it("a delegate's continuations belong to it, and are deleted with whom it worked for", async () => {
    const markers = { _delegate_from: 'boss' };
    server = await TestServer.start(
      historyOf({
        boss: {},
        first: { parent: 'boss', markers, source: 'subagent', endReason: 'compression' },
        second: { parent: 'first', markers, source: 'subagent' },
        third: { parent: 'second', markers: { _delegate_from: 'second' }, source: 'subagent' },
      }),
    );
    expect((await listed()).map(({ id }) => id)).toEqual(['boss']);
    expect(await server.json('/v1/sessions/first')).toMatchObject({ tip_session_id: 'second' });
    expect(await server.json('/v1/sessions/second/messages?lineage=true')).toMatchObject({ total: 2 });
    const deleted = await server.delete('/v1/sessions/boss');
    expect(deleted.body).toMatchObject({ deleted_session_ids: ['boss', 'first', 'second', 'third'] });
  });

  it.each<[string, Readonly<Record<string, Added>>, string, string]>([
    [
      'of a branch',
      {
        origin: {},
        root: { parent: 'origin', markers: { _branched_from: 'origin' }, endReason: 'compression' },
        tip: { parent: 'root', markers: { _branched_from: 'origin' } },
      },
      'root',
      'tip',
    ],
    [
      'of a delegate',
      {
        boss: {},
        root: { parent: 'boss', markers: { _delegate_from: 'boss' }, endReason: 'compression' },
        tip: { parent: 'root', markers: { _delegate_from: 'boss' } },
      },
      'root',
      'boss',
    ],
    [
      'of a long conversation',
      Object.fromEntries(
        Array.from({ length: 150 }, (_, at) => [
          `p${at}`,
          {
            ...(at === 0 ? {} : { parent: `p${at - 1}` }),
            ...(at === 149 ? {} : { endReason: 'compression' }),
          },
        ]),
      ),
      'p0',
      'p149',
    ],
  ])('a lease of the root %s holds the whole chain', async (_name, sessions, root, asked) => {
    server = await TestServer.start(
      historyOf(sessions, (writer) => {
        hold(writer, root);
      }),
    );
    const refused = await server.delete(`/v1/sessions/${asked}`);
    expect([refused.status, refused.body]).toMatchObject([409, { error: { code: 'session_busy' } }]);
    const bulk = await server.post('/v1/sessions/bulk', { action: 'delete', ids: [asked] });
    expect(bulk.body).toMatchObject({ data: [{ ok: false, error: { code: 'session_busy' } }] });
    expect(await status('delete', `${asked}?force=true`)).toBe(200);
  });

  it('a conversation of 150 parts is one, whole', async () => {
    server = await TestServer.start(
      historyOf(
        Object.fromEntries(
          Array.from({ length: 150 }, (_, at) => [
            `p${at}`,
            {
              ...(at === 0 ? { title: 'A long story' } : { parent: `p${at - 1}` }),
              ...(at === 149 ? {} : { endReason: 'compression' }),
            },
          ]),
        ),
      ),
    );
    expect(await listed()).toMatchObject([{ id: 'p149', root_session_id: 'p0', chain_length: 150 }]);
    expect(await server.json('/v1/sessions/p3')).toMatchObject({ tip_session_id: 'p149' });
    expect(await server.json('/v1/sessions/p120/messages?lineage=true')).toMatchObject({ total: 150 });
    expect(await status('patch', 'p149', { title: 'A long story', pinned: true })).toBe(200);
    expect(await server.json('/v1/sessions/p0')).toMatchObject({ title: null, pinned: true });
  });

  it('what a race left beside a chain is activity of its conversation', async () => {
    server = await TestServer.start(
      historyOf(
        {
          root: { endReason: 'compression' },
          goesOn: { parent: 'root', endReason: 'compression' },
          tip: { parent: 'goesOn' },
          beside: { parent: 'root' },
        },
        (writer) => say(writer, 'beside', 'user', 'And another thing', START + 1000),
      ),
    );
    const newest = new Date((START + 1000) * 1000).toISOString();
    expect(await listed()).toMatchObject([{ id: 'tip', chain_length: 3, last_active_at: newest }]);
  });

  it('a lease of a process that is gone is void, one of anybody else is not', async () => {
    server = await TestServer.start(
      historyOf({ gone: {}, running: {}, unnamed: {}, compressing: {} }, (writer) => {
        hold(writer, 'gone', 'pid=999999999:tid=1');
        hold(writer, 'running');
        hold(writer, 'unnamed', 'somebody, pid=999999999');
        writer.db.exec(
          `INSERT INTO compression_locks (session_id, holder, acquired_at, expires_at)
            VALUES ('compressing', 'pid=${process.pid}', 0, 1e10)`,
        );
      }),
    );
    for (const id of ['running', 'unnamed', 'compressing'])
      expect([id, await status('delete', id)]).toEqual([id, 409]);
    expect(await status('delete', 'gone')).toBe(200);
  });
});
