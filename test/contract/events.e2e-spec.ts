import Sqlite from 'better-sqlite3';
import { writeDemoHistory } from '../../src/demo/demo-history.js';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { kindsOfFile } from '../support/breadth.js';
import { hour, onceWritten, say, smallHistory } from '../support/histories.js';
import { TestListener } from '../support/listener.js';
import { addConversation } from '../support/profiles.js';
import { ORIGIN, TestServer } from '../support/server.js';
import { until } from '../support/wait.js';

/** A history that the server reads as a whole, and one that it follows by its threads. */
function historyOf(size: string, journalMode: 'wal' | 'delete'): string {
  if (size === 'small') return smallHistory(25, journalMode);
  return onceWritten(`${size} ${journalMode}`, (path) => {
    writeDemoHistory(path, { conversations: 400, now: 1_779_278_400, seed: 11 });
    const writer = HistoryWriter.open(path);
    writer.db.pragma(`journal_mode = ${journalMode}`);
    addConversation(writer, 'plain', 1);
    writer.close();
  });
}

const FOLLOWED = [
  ['small', 'wal'],
  ['small', 'delete'],
  ['large', 'wal'],
  ['large', 'delete'],
] as const;

describe.each(kindsOfFile(FOLLOWED, FOLLOWED.slice(0, 1)))(
  'live events of a %s history in %s mode',
  (size, journalMode) => {
    let path: string;
    let server: TestServer;
    let agent: HistoryWriter;
    let listener: TestListener;

    beforeEach(async () => {
      path = historyOf(size, journalMode);
      server = await TestServer.start(path);
      await server.json('/v1/sessions');
      listener = await TestListener.to(server, '/v1/sessions/events?archived=any');
      agent = HistoryWriter.open(path);
    });

    afterEach(async () => {
      listener.leave();
      agent.close();
      await server.close();
    });

    it('tell a new conversation, its messages, and what becomes of it', async () => {
      agent.together(() => {
        addConversation(agent, 'new', 40);
      });
      await listener.until((events) => events.some(({ type }) => type === 'message.created'));
      expect(listener.story).toEqual(['session.created new', 'message.created new']);
      const [created, said] = listener.heard.slice(-2);
      expect(created?.session).toEqual(
        expect.objectContaining({
          id: 'new',
          title: 'Title of new',
          turn_count: 1,
          preview: 'Rhubarb for new',
          profile: 'default',
          origin: ORIGIN,
        }),
      );
      const { data } = await server.json<{ data: readonly unknown[] }>('/v1/sessions/new/messages');
      expect(said?.message).toEqual({ ...(data[0] as object), session_id: 'new' });
      agent.db.prepare("UPDATE sessions SET title = 'Renamed', ended_at = NULL WHERE id = 'new'").run();
      await listener.until((events) => events.some(({ type }) => type === 'session.updated'));
      expect(listener.story.slice(2)).toEqual(['session.updated new title ended_at']);
      expect(listener.heard.at(-1)?.session).toMatchObject({ title: 'Renamed', ended_at: null });
      agent.db.exec("DELETE FROM messages WHERE session_id = 'new'; DELETE FROM sessions WHERE id = 'new'");
      await listener.until((events) => events.some(({ type }) => type === 'session.deleted'));
      expect(listener.story.at(-1)).toBe('session.deleted new');
    });

    it('are heard soon after the commit', async () => {
      const delays: number[] = [];
      for (let turn = 0; turn < 10; turn++) {
        const content = `Turn ${turn}`;
        agent.addMessage({ session_id: 'plain', role: 'user', content, timestamp: hour(50) + turn });
        const committed = performance.now();
        await listener.until((events) => events.some(({ message }) => message?.content === content));
        delays.push(
          (listener.heard.find(({ message }) => message?.content === content)?.at ?? Infinity) - committed,
        );
        agent.db.prepare('UPDATE sessions SET title = ? WHERE id = ?').run(`Title ${turn}`, 'plain');
        const renamed = performance.now();
        await listener.until((events) => events.some(({ session }) => session?.title === `Title ${turn}`));
        delays.push(
          (listener.heard.find(({ session }) => session?.title === `Title ${turn}`)?.at ?? Infinity) -
            renamed,
        );
      }
      const inOrder = delays.sort((a, b) => a - b);
      // Not a measurement, which is a matter of the machine: most of them do not wait for whatever comes every few seconds.
      expect(inOrder[Math.floor(inOrder.length / 2)]).toBeLessThan(2000);
    }, 60_000);

    it('tell what is changed through the API', async () => {
      await server.patch('/v1/sessions/plain', { title: 'By the API', pinned: true });
      await server.settled();
      await listener.until((events) => events.length >= 2);
      expect(listener.story).toEqual(['session.updated plain title pinned']);
      await server.delete('/v1/sessions/plain');
      await listener.until((events) => events.some(({ type }) => type === 'session.deleted'));
    });

    it('miss nothing and tell nothing twice for who comes back', async () => {
      addConversation(agent, 'first', 41);
      await listener.until((events) => events.some(({ type }) => type === 'message.created'));
      const { lastEventId } = listener;
      listener.leave();
      await until(() => listener.isEnded);
      for (const [at, id] of ['second', 'third'].entries()) addConversation(agent, id, 42 + at);
      const again = await TestListener.to(server, '/v1/sessions/events?archived=any', { lastEventId });
      addConversation(agent, 'fourth', 45);
      await again.until((events) =>
        events.some(({ session_id, type }) => session_id === 'fourth' && type === 'message.created'),
      );
      const created = again.story.filter((line) => line.startsWith('session.created'));
      expect(created).toEqual(['second', 'third', 'fourth'].map((id) => `session.created ${id}`));
      expect(again.story.filter((line) => line.startsWith('message.created'))).toHaveLength(3);
      again.leave();
    });
  },
);

/** So many that nothing may be made anew for each of them. */
const LISTENERS = 20;

describe('live events', () => {
  let path: string;
  let server: TestServer;
  let agent: HistoryWriter;
  const listeners: TestListener[] = [];

  const listen = async (
    target: string,
    options?: Parameters<typeof TestListener.to>[2],
  ): Promise<TestListener> => {
    const listener = await TestListener.to(server, target, options);
    listeners.push(listener);
    return listener;
  };

  beforeEach(async () => {
    path = smallHistory(25);
    server = await TestServer.start(path);
    agent = HistoryWriter.open(path);
  });

  afterEach(async () => {
    for (const listener of listeners.splice(0)) listener.leave();
    agent.close();
    await server.close();
  });

  it('are told as text/event-stream that no proxy holds back', async () => {
    const { response } = await listen('/v1/sessions/events');
    expect(response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(response.headers['x-accel-buffering']).toBe('no');
    expect(response.headers['cache-control']).toBe('private, no-cache');
  });

  it('are filtered as the list is, and tell what leaves it', async () => {
    const [telegram, archived, titled, children] = await Promise.all([
      listen('/v1/sessions/events?platform=telegram,slack'),
      listen('/v1/sessions/events?archived=true'),
      listen('/v1/sessions/events?title=Rhubarb'),
      listen('/v1/sessions/events?include_children=true&archived=any'),
    ]);
    agent.addSession({ id: 'a', source: 'slack', title: 'Rhubarb', started_at: hour(50) });
    agent.addSession({ id: 'b', source: 'cli', started_at: hour(51) });
    agent.addSession({
      id: 'c',
      source: 'subagent',
      started_at: hour(52),
      parent_session_id: 'plain',
      model_config: '{"_delegate_from": "plain"}',
    });
    agent.db.prepare("UPDATE sessions SET archived = 1 WHERE id = 'a'").run();
    agent.db.prepare("UPDATE sessions SET title = 'Else' WHERE id = 'a'").run();
    agent.addSession({ id: 'last', source: 'slack', title: 'Rhubarb', started_at: hour(53), archived: 1 });
    await children.until((events) => events.some(({ session_id: id }) => id === 'last'));
    const seen = (listener: TestListener): readonly string[] => [
      ...new Set(listener.heard.flatMap(({ session_id: id }) => id ?? [])),
    ];
    expect(seen(children)).toEqual(['a', 'b', 'c', 'last']);
    // What an agent did before it was looked at counts as one change.
    expect(seen(telegram).filter((id) => id !== 'a')).toEqual([]);
    await archived.until((events) => events.some(({ session_id: id }) => id === 'last'));
    await titled.until(() => seen(titled).includes('a') || seen(archived).includes('a'));
    expect(seen(archived)).toContain('last');
    expect(seen(titled)).not.toContain('b');
  });

  it('tell a filtered list of what leaves it by a change', async () => {
    const listener = await listen('/v1/sessions/events');
    await server.patch('/v1/sessions/plain', { archived: true });
    await server.settled();
    await listener.until((events) => events.length > 1);
    expect(listener.story).toEqual(['session.updated plain archived']);
    agent.addMessage({ session_id: 'plain', role: 'user', content: 'To the archive', timestamp: hour(60) });
    agent.addMessage({ session_id: 'chain-3', role: 'user', content: 'To the list', timestamp: hour(61) });
    await listener.until((events) => events.some(({ message }) => message?.content === 'To the list'));
    expect(listener.story.join()).not.toContain('message.created plain');
  });

  it('show a chain as one conversation that goes on in another session', async () => {
    const conversations = await listen('/v1/sessions/events');
    const rows = await listen('/v1/sessions/events?include_children=true');
    agent.together(() => {
      agent.db
        .prepare("UPDATE sessions SET ended_at = ?, end_reason = 'compression' WHERE id = 'chain-3'")
        .run(hour(70));
      agent.addSession({ id: 'chain-4', source: 'cli', started_at: hour(70), parent_session_id: 'chain-3' });
    });
    await conversations.until((events) => events.some(({ type }) => type === 'session.created'));
    expect(new Set(conversations.story)).toEqual(
      new Set(['session.created chain-4', 'session.deleted chain-3']),
    );
    expect(conversations.heard.find(({ type }) => type === 'session.created')?.session).toMatchObject({
      id: 'chain-4',
      platform: 'telegram',
      root_session_id: 'chain-1',
      chain_length: 4,
    });
    expect(conversations.heard.find(({ type }) => type === 'session.deleted')).toMatchObject({
      tip_session_id: 'chain-4',
    });
    await rows.until((events) => events.some(({ type }) => type === 'session.created'));
    expect(new Set(rows.story)).toEqual(
      new Set(['session.updated chain-3 ended_at end_reason', 'session.created chain-4']),
    );
    // A flag of the root is one of the conversation.
    agent.db.prepare("UPDATE sessions SET pinned = 1 WHERE id = 'chain-1'").run();
    await conversations.until((events) => events.some(({ type }) => type === 'session.updated'));
    expect(conversations.story.at(-1)).toBe('session.updated chain-4 pinned');
  });

  it('tell what was added together with what was written anew', async () => {
    const listener = await listen('/v1/sessions/events');
    agent.together(() => {
      agent.db.exec(
        "UPDATE messages SET content = 'another text' WHERE id = (SELECT min(id) FROM messages WHERE session_id = 'plain')",
      );
      say(agent, 'plain', 'user', 'Something new', hour(60));
    });
    await listener.until((events) => events.some(({ type }) => type === 'message.created'));
    const told = listener.heard.flatMap(({ message }) => message?.content ?? []);
    expect(told).toEqual(['Something new']);
  });

  it('can be those of one session', async () => {
    const one = await listen('/v1/sessions/delegate/events');
    const all = await listen('/v1/sessions/events?include_children=true');
    agent.addMessage({ session_id: 'plain', role: 'user', content: 'Elsewhere', timestamp: hour(60) });
    agent.addMessage({ session_id: 'delegate', role: 'user', content: 'Here', timestamp: hour(61) });
    await one.until((events) => events.some(({ message }) => message?.content === 'Here'));
    await all.until((events) => events.some(({ message }) => message?.content === 'Here'));
    expect(new Set(one.heard.flatMap(({ session_id: id }) => id ?? []))).toEqual(new Set(['delegate']));
    expect((await server.get('/v1/sessions/nobody/events')).status).toBe(404);
  });

  it('leave out what is no part of the transcript, and the content of what is large', async () => {
    const listener = await listen('/v1/sessions/events');
    agent.addMessage({
      session_id: 'plain',
      role: 'user',
      content: 'rewound',
      timestamp: hour(60),
      active: 0,
    });
    agent.addMessage({
      session_id: 'plain',
      role: 'user',
      content: 'scaffolding',
      timestamp: hour(60),
      display_kind: 'hidden',
    });
    agent.addMessage({ session_id: 'plain', role: 'user', content: 'x'.repeat(70_000), timestamp: hour(61) });
    await listener.until((events) => events.some(({ truncated }) => truncated === true));
    const told = listener.heard.filter(({ type }) => type === 'message.created');
    expect(told.map(({ message, truncated }) => [message?.content, truncated])).toEqual([[null, true]]);
  });

  it('go on to the last message of a burst, however many of it are not told', async () => {
    const listener = await listen('/v1/sessions/events');
    agent.together(() => {
      for (let index = 1; index <= 450; index++) {
        // Of the first hundreds every fourth, then none for more than is looked at together.
        const isHidden = index % 4 === 0 || (index > 200 && index < 420);
        const content = `Message ${index}`;
        const message = { session_id: 'plain', role: 'user', content, timestamp: hour(60) + index };
        agent.addMessage({ ...message, ...(isHidden ? { display_kind: 'hidden' } : {}) });
      }
    });
    await listener.until((events) => events.some(({ message }) => message?.content === 'Message 450'));
    const told = listener.heard.filter(({ type }) => type === 'message.created');
    expect(told).toHaveLength(150 + 23);
  });

  it('say resync where nobody knows what was missed', async () => {
    for (const lastEventId of ['0123456789ab-5', 'nonsense', '-1']) {
      const listener = await listen('/v1/sessions/events', { lastEventId });
      expect(listener.story).toEqual(['resync']);
    }
  });

  it('say resync to who missed more than can be told at once', async () => {
    const path = '/v1/sessions/events';
    const gone = await listen(path);
    const { lastEventId } = gone;
    gone.leave();
    const present = await listen(path);
    const calls = JSON.stringify([{ name: 'write', arguments: 'x'.repeat(60_000) }]);
    for (let at = 1; at <= 25; at++) {
      agent.addMessage({
        ...{ session_id: 'plain', role: 'assistant', content: 'written', tool_calls: calls },
        timestamp: hour(60) + at,
      });
      // Nobody who reads is told more at once than waits for a listener.
      await present.until((events) => events.filter(({ type }) => type === 'message.created').length === at);
    }
    const back = await listen(path, { lastEventId });
    expect([back.response.statusCode, back.story]).toEqual([200, ['resync']]);
    const again = await listen(path, { lastEventId: present.lastEventId });
    expect(again.story).toEqual([]);
  });

  it('say resync when the owner puts another file in its place', async () => {
    const listener = await listen('/v1/sessions/events');
    agent.close();
    const db = new Sqlite(path);
    db.exec(`VACUUM INTO '${path}.new'`);
    db.close();
    const { renameSync, rmSync } = await import('node:fs');
    for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
    renameSync(`${path}.new`, path);
    await listener.until((events) => events.some(({ type }) => type === 'resync'));
    agent = HistoryWriter.open(path);
    addConversation(agent, 'after', 80);
    await listener.until((events) => events.some(({ session_id: id }) => id === 'after'));
  });

  it('reach many listeners, and drop the one that does not read', async () => {
    const many = await Promise.all(Array.from({ length: LISTENERS }, () => listen('/v1/sessions/events')));
    const { connect } = await import('node:net');
    const { port } = new URL(await server.app.getUrl());
    const { TEST_KEY } = await import('../support/test-key.js');
    const slow = connect(Number(port), '127.0.0.1');
    await new Promise<void>((resolve) => slow.once('connect', resolve));
    slow.pause();
    slow.on('error', () => undefined);
    slow.write(`GET /v1/sessions/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TEST_KEY}\r\n\r\n`);
    const metric = async (name: string): Promise<number> => {
      const { text } = await server.get('/metrics').buffer(true);
      return Number(new RegExp(`^hermes_sessions_${name} (\\d+)$`, 'm').exec(text)?.[1]);
    };
    await until(async () => (await metric('event_listeners')) === LISTENERS + 1, 'everybody listening');
    for (let turn = 0; turn < 150; turn++) {
      agent.addMessage({
        session_id: 'plain',
        role: 'user',
        content: `${turn} ${'x'.repeat(50_000)}`,
        timestamp: hour(60) + turn,
      });
      if (turn % 10 === 9)
        await many[0]?.until(
          (events) => events.filter(({ type }) => type === 'message.created').length > turn,
        );
    }
    await until(
      async () => (await metric('event_listeners_dropped_total')) === 1,
      'the slow one being dropped',
    );
    for (const listener of many) {
      await listener.until(
        (events) => events.filter(({ type }) => type === 'message.created').length === 150,
      );
    }
    expect(await metric('event_listeners')).toBe(LISTENERS);
    slow.destroy();
  }, 120_000);

  it('end when the server stops, so that nobody holds it up', async () => {
    await server.close();
    // What is still open when a server is told to stop may go on for ten minutes here.
    server = await TestServer.start(path, { STOP_TIMEOUT_MS: '600000' });
    const listener = await listen('/v1/sessions/events');
    await server.close();
    await until(() => listener.isEnded);
    server = await TestServer.start(path);
  });

  it.each([
    ['/v1/sessions/events?limit=5', 'limit'],
    ['/v1/sessions/events?search=x', 'search'],
    ['/v1/sessions/events?archived=maybe', 'archived'],
  ])('refuse %s', async (target, param) => {
    const { status, body } = await server.get(target);
    expect([status, body]).toMatchObject([400, { error: { param } }]);
  });
});
