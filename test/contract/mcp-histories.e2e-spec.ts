import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { connectMcp, textOfResource } from '../support/mcp.js';
import { writeHome } from '../support/profiles.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/wait.js';

describe('resources of several histories', () => {
  let server: TestServer;
  let client: Client;

  beforeAll(async () => {
    server = await TestServer.start(join(writeHome(), 'state.db'), { PROFILES: 'on' });
    await server.json('/v1/sessions');
    client = await connectMcp(server);
  });

  afterAll(async () => {
    await client.close();
    await server.close();
  });

  it('have addresses of their own, all of which can be read, where an id is in two of them', async () => {
    const { resources } = await client.listResources();
    expect(resources).toHaveLength(11);
    expect(new Set(resources.map(({ uri }) => uri)).size).toBe(11);
    for (const { uri } of resources) {
      expect(await textOfResource(client, uri)).toContain('Rhubarb for');
      const session: unknown = JSON.parse(await textOfResource(client, uri.replace('/transcript', '')));
      expect(session).toMatchObject({ transcript: uri });
    }
    const twins = resources.filter(({ name }) => name === 'twin');
    expect(twins.map(({ description }) => description).sort()).toEqual([
      expect.stringMatching(/^coder, /),
      expect.stringMatching(/^default, /),
    ]);
    expect(await textOfResource(client, 'hermes://sessions/c2/transcript')).toContain('Rhubarb for c2');
  });

  it.each([
    'hermes://sessions/twin/transcript',
    'hermes://sessions/c2/transcript?profile=writer',
    'hermes://sessions/c2?title=x',
  ])('are not guessed: %s', async (uri) => {
    await expect(client.readResource({ uri })).rejects.toMatchObject({ code: -32602 });
  });

  it('are told of when they change', async () => {
    const { resources } = await client.listResources();
    const [uri = ''] = resources.filter(({ name }) => name === 'w3').map((resource) => resource.uri);
    const heard: string[] = [];
    client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
      heard.push(params.uri);
    });
    await client.listen({ resourceSubscriptions: [uri] });
    expect((await server.patch('/v1/sessions/w3', { title: 'Stewed' })).status).toBe(200);
    await until(() => heard.includes(uri), 'the notice');
  });
});
