import type { Client } from '@modelcontextprotocol/client';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { connectMcp } from '../support/mcp.js';
import { keyFileWith } from '../support/people.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/wait.js';

describe('agents that listen', () => {
  let server: TestServer;
  let token: string;
  const clients: Client[] = [];

  beforeAll(async () => {
    const keys = keyFileWith({ scopes: ['sessions:read'], user_id: 'ana' });
    ({ token } = keys);
    server = await TestServer.start(smallHistory(25), { KEYS_FILE: keys.path });
  });

  afterAll(async () => {
    for (const client of clients) await client.close();
    await server.close();
  });

  /** A client, and what it has heard. */
  async function listener(
    options: Parameters<typeof connectMcp>[1],
  ): Promise<{ readonly client: Client; readonly heard: string[] }> {
    const client = await connectMcp(server, options);
    clients.push(client);
    const heard: string[] = [];
    client.setNotificationHandler('notifications/resources/list_changed', () => {
      heard.push('list');
    });
    client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
      heard.push(params.uri);
    });
    return { client, heard };
  }

  it('are told that the list and a session changed, and nobody of what they may not know', async () => {
    const uri = 'hermes://sessions/branch';
    const owner = await listener({});
    const ana = await listener({ key: token });
    const filter = { resourcesListChanged: true, resourceSubscriptions: [uri] };
    await owner.client.listen(filter);
    await ana.client.listen(filter);
    expect((await server.patch('/v1/sessions/branch', { title: 'Another title' })).status).toBe(200);
    await until(() => owner.heard.includes('list') && owner.heard.includes(uri), 'the notices');
    expect((await server.patch('/v1/sessions/plain', { title: 'Watering' })).status).toBe(200);
    await until(() => ana.heard.includes('list'), 'the notice of her own');
    expect(ana.heard).toEqual(['list']);
  });

  it('are told that a transcript changed, whichever session of its chain did, and of no other', async () => {
    const [first, other] = ['chain-1', 'plain'].map((id) => `hermes://sessions/${id}/transcript`);
    const { client, heard } = await listener({});
    await client.listen({ resourceSubscriptions: [first ?? '', other ?? ''] });
    expect((await server.patch('/v1/sessions/chain-3', { title: 'Where it goes on' })).status).toBe(200);
    await until(() => heard.includes(first ?? ''), 'the notice');
    expect(heard).toEqual([first]);
  });

  it('are told of an older session of a chain and of a delegate, which no list has', async () => {
    const [older, tip, delegate] = ['chain-2', 'chain-3', 'delegate'].map((id) => `hermes://sessions/${id}`);
    const { client, heard } = await listener({});
    await client.listen({ resourceSubscriptions: [older ?? '', tip ?? '', delegate ?? ''] });
    expect((await server.patch('/v1/sessions/chain-2', { title: 'The middle of it' })).status).toBe(200);
    await until(() => heard.includes(tip ?? ''), 'the notice of its chain');
    expect(new Set(heard)).toEqual(new Set([older, tip]));
    expect((await server.patch('/v1/sessions/delegate', { title: 'What it did' })).status).toBe(200);
    await until(() => heard.includes(delegate ?? ''), 'the notice of the delegate');
  });

  it('are told of their part of a chain that began as somebody else’s', async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    const add = (id: string, user: string, at: number, parent?: string): void => {
      const end = { ended_at: hour(at + 1), end_reason: 'compression' };
      const common = { id, source: 'telegram', user_id: user, started_at: hour(at) };
      writer.addSession({ ...common, ...(at < 902 ? end : {}), parent_session_id: parent ?? null });
      say(writer, id, 'user', `Said in ${id}`, hour(at));
    };
    add('hers-1', 'bo', 900);
    add('hers-2', 'ana', 901, 'hers-1');
    add('hers-3', 'ana', 902, 'hers-2');
    writer.close();
    const keys = keyFileWith({ scopes: ['sessions:read'], user_id: 'ana' });
    const mixed = await TestServer.start(path, { KEYS_FILE: keys.path });
    const client = await connectMcp(mixed, { key: keys.token });
    const heard: string[] = [];
    client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
      heard.push(params.uri);
    });
    const uri = 'hermes://sessions/hers-2/transcript';
    await client.listen({ resourceSubscriptions: [uri, 'hermes://sessions/hers-1'] });
    expect((await mixed.patch('/v1/sessions/hers-3', { title: 'Where it is now' })).status).toBe(200);
    await until(() => heard.includes(uri), 'the notice');
    expect(heard).toEqual([uri]);
    await client.close();
    await mixed.close();
  });

  it('by a revision before are told on the stream that they open', async () => {
    const { heard } = await listener({ revision: 'before' });
    let turn = 0;
    // When the stream is open only its client knows.
    await until(async () => {
      await server.patch('/v1/sessions/reset', { title: `Title ${turn++}` });
      return heard.includes('list');
    }, 'the notice');
  });
});
