import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { writeKeyFile } from '../../src/auth/key-file.js';
import { hour, smallHistory } from '../support/histories.js';
import { TestListener } from '../support/listener.js';
import { BO, historyOfTwo, keyFileWith } from '../support/people.js';
import { addConversation, writeProfile } from '../support/profiles.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { until } from '../support/wait.js';

describe('live events of several profiles', () => {
  it('are told together, each with its profile, and say when one comes or goes', async () => {
    const home = temporaryFolder();
    writeProfile(home, { a: 1 });
    const other = writeProfile(join(home, 'profiles', 'other'), { b: 2 });
    const server = await TestServer.start(join(home, 'state.db'), { PROFILES: 'on' });
    const listener = await TestListener.to(server, '/v1/sessions/events');
    const filtered = await TestListener.to(server, '/v1/sessions/events?profile=default');
    const agent = HistoryWriter.open(other);
    addConversation(agent, 'c', 3);
    agent.close();
    await listener.until((events) =>
      events.some(({ session_id: id, profile }) => id === 'c' && profile === 'other'),
    );
    const late = writeProfile(join(home, 'profiles', 'late'), { d: 4 });
    await listener.until((events) =>
      events.some(({ type, profile }) => type === 'resync' && profile === 'late'),
    );
    const author = HistoryWriter.open(late);
    addConversation(author, 'e', 5);
    author.close();
    await listener.until((events) => events.some(({ session_id: id }) => id === 'e'));
    expect(filtered.story).toEqual([]);
    listener.leave();
    filtered.leave();
    await server.close();
  });
});

describe('live events of a limited key', () => {
  it('are of its own sessions alone, and name nothing of another', async () => {
    const path = historyOfTwo();
    const keys = keyFileWith({ user_id: 'ana' });
    const server = await TestServer.start(path, { KEYS_FILE: keys.path });
    const [ana, rows, owner] = await Promise.all([
      TestListener.to(server, '/v1/sessions/events?archived=any', { key: keys.token }),
      TestListener.to(server, '/v1/sessions/events?archived=any&include_children=true', { key: keys.token }),
      TestListener.to(server, '/v1/sessions/events?archived=any&include_children=true'),
    ]);
    const agent = HistoryWriter.open(path);
    const touch = agent.db.prepare('UPDATE sessions SET title = id || ? WHERE user_id = ?');
    touch.run(` ${BO} again`, 'bo');
    touch.run(' again', 'ana');
    for (const id of ['zebra-1', 'zebra-4', 'ana-1', 'ana-4', 'ana-5']) {
      const content = id.startsWith('ana') ? 'plain' : BO;
      agent.addMessage({ session_id: id, role: 'user', content, timestamp: hour(90) });
    }
    agent.db.exec(
      "DELETE FROM messages WHERE session_id = 'zebra-1'; DELETE FROM sessions WHERE id = 'zebra-1'",
    );
    agent.addMessage({ session_id: 'ana-2', role: 'user', content: 'the end', timestamp: hour(91) });
    agent.close();
    for (const listener of [ana, rows, owner]) {
      await listener.until((events) => events.some(({ message }) => message?.content === 'the end'));
    }
    expect(JSON.stringify(owner.heard)).toContain(BO);
    for (const listener of [ana, rows]) {
      expect(JSON.stringify(listener.heard)).not.toContain(BO);
      expect(listener.story.join()).toContain('session.updated ana-1');
      listener.leave();
    }
    expect(
      rows.heard.find(({ session_id: id, session }) => id === 'ana-4' && session !== undefined)?.session,
    ).toMatchObject({
      parent_session_id: null,
      root_session_id: 'ana-4',
    });
    expect(
      (await TestListener.to(server, '/v1/sessions/zebra-2/events', { key: keys.token })).response.statusCode,
    ).toBe(404);
    owner.leave();
    await server.close();
  });

  it('end when the key does', async () => {
    const keys = keyFileWith({});
    const server = await TestServer.start(smallHistory(25), { KEYS_FILE: keys.path });
    const listener = await TestListener.to(server, '/v1/sessions/events', { key: keys.token });
    writeKeyFile(keys.path, []);
    // It is looked at with every heartbeat, which come every fifteen seconds.
    await until(() => listener.isEnded, 'the end', 20_000);
    await server.close();
  }, 30_000);
});
