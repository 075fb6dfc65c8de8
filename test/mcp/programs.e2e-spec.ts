import { resolve } from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { smallHistory } from '../support/histories.js';
import { inspected } from '../support/inspector.js';
import { callTool, connectMcp, mcpClient, refusalOf, REVISIONS, type Revision } from '../support/mcp.js';
import { CliProcess } from '../support/process.js';
import { ROOT } from '../support/root.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';
import { until } from '../support/wait.js';

const CLI = resolve(ROOT, 'dist/cli.js');

/** A client whose server is a program of its own, that it starts. */
async function connectProgram(
  args: readonly string[],
  { revision, env = {} }: { readonly revision: Revision; readonly env?: Readonly<Record<string, string>> },
): Promise<Client> {
  const client = mcpClient(revision);
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [CLI, 'mcp', ...args],
    env: { ...env, INDEX_DIR: temporaryFolder(), LOG_LEVEL: 'silent' },
    stderr: 'ignore',
  });
  await client.connect(transport);
  return client;
}

describe.each(REVISIONS)('agents that start a program, by the revision %s', (revision) => {
  it('read a history on their machine, and change it only if they may', async () => {
    const stateDb = smallHistory(25);
    const reader = await connectProgram(['--state-db', stateDb], { revision });
    const { tools } = await reader.listTools();
    expect(tools.map(({ name }) => name)).toContain('find_conversations');
    expect(tools.map(({ name }) => name)).not.toContain('pin_conversation');
    const { structure } = await callTool(reader, 'find_conversations', { text: 'tomatoes' });
    expect(structure).toMatchObject({ total: 1, conversations: [{ id: 'plain' }] });
    await reader.close();
    const writer = await connectProgram(['--state-db', stateDb, '--write'], { revision });
    const pinned = await callTool(writer, 'pin_conversation', { id: 'plain', pinned: true });
    expect(pinned.structure).toMatchObject({ conversation: { pinned: true } });
    await writer.close();
  });

  it('reach a server elsewhere with their key, and get what they would get from it', async () => {
    const server = await TestServer.start(smallHistory(25));
    const direct = await connectMcp(server, { revision });
    const url = await server.app.getUrl();
    const relayed = await connectProgram(['--url', url], {
      revision,
      env: { HERMES_SESSIONS_KEY: TEST_KEY },
    });
    expect(await relayed.listTools()).toEqual(await direct.listTools());
    const query = { text: 'lighthouse' };
    expect((await callTool(relayed, 'find_conversations', query)).structure).toEqual(
      (await callTool(direct, 'find_conversations', query)).structure,
    );
    expect(await refusalOf(relayed, 'read_conversation', { id: 'nobody' })).toMatch(/^session_not_found/);
    await relayed.close();
    await direct.close();
    await server.close();
  });
});

describe('agents that listen to a program', () => {
  it('are told of a transcript whichever session of its chain changed', async () => {
    const stateDb = smallHistory(25);
    const uri = 'hermes://sessions/chain-1/transcript';
    const client = await connectProgram(['--state-db', stateDb, '--write'], { revision: '2026-07-28' });
    const heard: string[] = [];
    client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
      heard.push(params.uri);
    });
    await client.listen({ resourceSubscriptions: [uri] });
    await callTool(client, 'pin_conversation', { id: 'chain-3', pinned: true });
    await until(() => heard.includes(uri), 'the notice');
    await client.close();
  });
});

/** What a program writes to whoever asks all at once, and ends its input. */
async function answersOf(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  questions: readonly object[],
): Promise<readonly object[]> {
  const input = questions.map((question) => `${JSON.stringify({ jsonrpc: '2.0', ...question })}\n`).join('');
  const { code, stdout } = await new CliProcess(['mcp', ...args], environment, { input }).ended;
  expect(code).toBe(0);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
}

const GREETING = {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'a-script', version: '1' },
};

describe('a program whose input ends', () => {
  const questions = [
    { id: 1, method: 'initialize', params: GREETING },
    { method: 'notifications/initialized' },
    { id: 2, method: 'tools/call', params: { name: 'find_conversations', arguments: { text: 'tomatoes' } } },
    { id: 3, method: 'tools/list' },
  ];
  const expected = [1, 2, 3].map((id): unknown =>
    expect.objectContaining({ id, result: expect.any(Object) }),
  );

  it('answers first what it was asked before, and ends', async () => {
    const answers = await answersOf(['--state-db', smallHistory(25)], {}, questions);
    expect(answers).toHaveLength(3);
    expect(answers).toEqual(expect.arrayContaining(expected));
  });

  it('does so where it asks a server elsewhere', async () => {
    const server = await TestServer.start(smallHistory(25));
    const url = await server.app.getUrl();
    const answers = await answersOf(['--url', url], { HERMES_SESSIONS_KEY: TEST_KEY }, questions);
    expect(answers).toHaveLength(3);
    expect(answers).toEqual(expect.arrayContaining(expected));
    await server.close();
  });

  it('ends at once where there was none', async () => {
    const { code, stdout } = await new CliProcess(['mcp', '--state-db', smallHistory(25)]).ended;
    expect([code, stdout]).toEqual([0, '']);
  });
});

describe('a program that cannot serve', () => {
  it.each([
    [['--state-db', '/nowhere/state.db'], {}, '/nowhere/state.db'],
    [['--url', 'http://127.0.0.1:1'], {}, 'HERMES_SESSIONS_KEY must be set'],
    [['--url', 'nowhere'], { HERMES_SESSIONS_KEY: 'key' }, '--url must be an address'],
  ])('says why on standard error, and nothing else: %j', async (args, environment, reason) => {
    const { code, stdout, stderr } = await new CliProcess(['mcp', ...args], environment).ended;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(reason);
  });
});

describe('the inspector of the protocol', () => {
  it('is answered over HTTP and by a program', async () => {
    const stateDb = smallHistory(25);
    const server = await TestServer.start(stateDb);
    const http = [`${await server.app.getUrl()}/mcp`];
    const header = ['--transport', 'http', '--header', `Authorization: Bearer ${TEST_KEY}`];
    const program = [process.execPath, CLI, 'mcp', '--state-db', stateDb];
    const call = ['--method', 'tools/call', '--tool-name', 'where_to_resume', '--tool-arg', 'id=chain-1'];
    const answers = [
      await inspected(http, [...header, ...call]),
      await inspected(program, call, { LOG_LEVEL: 'silent' }),
    ];
    for (const answer of answers)
      expect(answer).toMatchObject({ structuredContent: { resume_id: 'chain-3' } });
    for (const [method, list] of [
      ['tools/list', 'tools'],
      ['resources/list', 'resources'],
      ['resources/templates/list', 'resourceTemplates'],
      ['prompts/list', 'prompts'],
    ] as const)
      expect(await inspected(http, [...header, '--method', method])).toMatchObject({
        [list]: expect.any(Array),
      });
    await server.close();
  });
});
