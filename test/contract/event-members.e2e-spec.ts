import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { hour, onceWritten, say } from '../support/histories.js';
import { TestListener, type HeardEvent } from '../support/listener.js';
import { keyFileWith } from '../support/people.js';
import { TestServer } from '../support/server.js';

/** A conversation of Ana's, twice compressed. Its first and its last session have a title. */
function historyOfAChain(): string {
  return onceWritten('a chain with two titles', (path) => {
    const writer = HistoryWriter.create(path, 25);
    const add = (id: string, more: Readonly<Record<string, unknown>>): void => {
      writer.addSession({ id, source: 'cli', started_at: hour(1), ...more });
      say(writer, id, 'user', `Said in ${id}`, hour(1));
    };
    const compressed = { end_reason: 'compression', ended_at: hour(2) };
    add('first', { user_id: 'ana', title: 'Novel', ...compressed });
    add('middle', { parent_session_id: 'first', ...compressed });
    add('last', { user_id: 'ana', parent_session_id: 'middle', title: 'Novel #2' });
    writer.close();
  });
}

describe('events of a conversation of several sessions', () => {
  let server: TestServer;
  let agent: HistoryWriter;
  let token: string;
  const listeners: TestListener[] = [];

  beforeEach(async () => {
    const path = historyOfAChain();
    const keys = keyFileWith({ user_id: 'ana' });
    token = keys.token;
    server = await TestServer.start(path, { KEYS_FILE: keys.path });
    await server.json('/v1/sessions');
    agent = HistoryWriter.open(path);
  });

  afterEach(async () => {
    for (const listener of listeners.splice(0)) listener.leave();
    agent.close();
    await server.close();
  });

  const listen = async (query: string, key?: string): Promise<TestListener> => {
    const listener = await TestListener.to(server, `/v1/sessions/events?${query}`, { key });
    listeners.push(listener);
    return listener;
  };

  const isOf = (type: string): ((events: readonly HeardEvent[]) => boolean) => {
    return (events) => events.some((event) => event.type === type && event.session_id === 'last');
  };

  it.each(['Novel', 'Novel%20%232'])('are heard by the title of any of them: %s', async (title) => {
    const listener = await listen(`title=${title}`);
    say(agent, 'last', 'user', 'More', hour(3));
    await listener.until(isOf('message.created'));
    expect(isOf('session.updated')(listener.heard)).toBe(true);
  });

  it('are heard where one that no list shows gets the title, or loses it', async () => {
    const listener = await listen('title=Storm');
    for (const title of ['Storm', 'Calm']) {
      const heard = listener.heard.length;
      agent.db.prepare("UPDATE sessions SET title = ? WHERE id = 'middle'").run(title);
      await listener.until((events) => isOf('session.updated')(events.slice(heard)));
      expect(listener.story.at(-1)).toBe('session.updated last title');
    }
  });

  it('go on in the session that a compression adds', async () => {
    const listener = await listen('title=Novel');
    agent.together(() => {
      agent.db.exec(
        `UPDATE sessions SET end_reason = 'compression', ended_at = ${hour(4)} WHERE id = 'last'`,
      );
      agent.addSession({
        ...{ id: 'new', source: 'cli', started_at: hour(4) },
        ...{ parent_session_id: 'last', title: 'Novel #3' },
      });
    });
    await listener.until((events) =>
      events.some(({ type, session_id: id }) => type === 'session.created' && id === 'new'),
    );
  });

  it('tell a limited key that the conversation is gone, or there again, by the user of one of them', async () => {
    const ana = server.as(token);
    const listener = await listen('', token);
    const after = async (user: string | null, type: string): Promise<number> => {
      const heard = listener.heard.length;
      agent.db.prepare("UPDATE sessions SET user_id = ? WHERE id = 'last'").run(user);
      await listener.until((events) => isOf(type)(events.slice(heard)));
      return (await ana.json<SessionListResponse>('/v1/sessions')).total;
    };
    expect(await after('bo', 'session.deleted')).toBe(0);
    expect(await after(null, 'session.updated')).toBe(1);
  });
});
