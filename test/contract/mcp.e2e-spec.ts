import type { Client } from '@modelcontextprotocol/client';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { hour, say } from '../support/histories.js';
import { callTool, connectMcp, REVISIONS } from '../support/mcp.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { join } from 'node:path';

const TOOLS = [
  'find_conversations',
  'read_conversation',
  'find_in_conversation',
  'where_to_resume',
  'history_statistics',
  'list_profiles',
  'rename_conversation',
  'archive_conversation',
  'pin_conversation',
];

interface Found {
  readonly total: number;
  readonly conversations: readonly {
    readonly id: string;
    readonly title: string | null;
    readonly found?: { readonly message_id: number | null; readonly excerpt: string };
  }[];
  readonly next: Readonly<Record<string, unknown>> | null;
}

interface Read {
  readonly total: number;
  readonly messages: readonly { readonly id: number; readonly text: string }[];
  readonly earlier: Readonly<Record<string, unknown>> | null;
  readonly later: Readonly<Record<string, unknown>> | null;
}

/** Longer than the least room, with characters that must not be cut in two. */
const LONG = '🌱 seedlings, '.repeat(300);

/** A conversation whose context was compressed twice, among others. */
function writeHistory(): string {
  const path = join(temporaryFolder(), 'state.db');
  const writer = HistoryWriter.create(path, 25);
  writer.together(() => {
    for (let number = 1; number <= 30; number++) {
      writer.addSession({
        id: `other-${number}`,
        source: 'cli',
        started_at: hour(number),
        title: `Other ${number}`,
      });
      say(writer, `other-${number}`, 'user', `Nothing of interest, number ${number}`, hour(number));
    }
    writer.addSession({ id: 'long', source: 'cli', started_at: hour(35) });
    say(writer, 'long', 'user', LONG, hour(35));
    for (const [at, id] of ['garden-1', 'garden-2', 'garden-3'].entries()) {
      writer.addSession({
        id,
        source: 'telegram',
        started_at: hour(40 + at),
        title: at === 0 ? 'The garden' : null,
        parent_session_id: at === 0 ? null : `garden-${at}`,
        ...(at === 2 ? {} : { ended_at: hour(41 + at), end_reason: 'compression' }),
      });
      for (let turn = 0; turn < 20; turn++) {
        say(writer, id, 'user', `Question ${turn} of ${id}`, hour(40 + at) + turn * 2);
        say(
          writer,
          id,
          'assistant',
          `Answer ${turn} of ${id}: water the tomatoes`,
          hour(40 + at) + turn * 2 + 1,
        );
      }
      if (at === 1) say(writer, id, 'user', 'We decided on rhubarb', hour(41) + 100);
    }
  });
  writer.close();
  return path;
}

describe.each(REVISIONS)('agents by the revision %s', (revision) => {
  let server: TestServer;
  let client: Client;

  beforeAll(async () => {
    server = await TestServer.start(writeHistory());
    client = await connectMcp(server, { revision });
  });

  afterAll(async () => {
    await client.close();
    await server.close();
  });

  it('are offered every tool, with its schemas, and what it may do', async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(TOOLS);
    for (const { annotations, inputSchema, outputSchema, description } of tools) {
      expect(annotations).toMatchObject({ readOnlyHint: expect.any(Boolean), openWorldHint: false });
      expect(inputSchema.type).toBe('object');
      expect(outputSchema?.type).toBe('object');
      expect(description).toMatch(/\.$/);
    }
  });

  it('find a conversation by what was said in it, read it around that, and get the id to resume', async () => {
    const { structure: found } = await callTool<Found>(client, 'find_conversations', { text: 'rhubarb' });
    expect(found).toMatchObject({ total: 1, next: null });
    const [conversation] = found.conversations;
    expect(conversation).toMatchObject({ id: 'garden-3', title: 'The garden' });
    const around = conversation?.found?.message_id;
    expect(conversation?.found?.excerpt).toContain('**rhubarb**');
    const read = await callTool<{ messages: { id: number; text: string }[] }>(client, 'read_conversation', {
      id: conversation?.id,
      around,
      max_characters: 1000,
    });
    expect(read.structure.messages.find(({ id }) => id === around)?.text).toBe('We decided on rhubarb');
    expect(read.text).toContain('Answer 0 of garden-3');
    expect((await callTool(client, 'where_to_resume', { id: 'garden-1' })).structure).toMatchObject({
      resume_id: 'garden-3',
      command: 'hermes --resume garden-3',
    });
  });

  it('page through a list without gaps', async () => {
    const ids: string[] = [];
    for (let input: object | null = { limit: 7 }; input !== null;) {
      const { structure }: { structure: Found } = await callTool<Found>(client, 'find_conversations', input);
      ids.push(...structure.conversations.map(({ id }) => id));
      input = structure.next;
    }
    expect(ids).toHaveLength(32);
    expect(new Set(ids).size).toBe(32);
  });

  it.each([
    ['from the beginning', { start: 'beginning' }, 'later'],
    ['from the end', { start: 'end' }, 'earlier'],
  ] as const)('read a conversation %s in pieces that together are the whole', async (_where, start, next) => {
    const whole = await callTool<Read>(client, 'read_conversation', {
      id: 'garden-1',
      max_characters: 200_000,
    });
    expect(whole.structure).toMatchObject({ total: 121, earlier: null, later: null });
    expect(whole.structure.messages).toHaveLength(121);
    const pieces: Read['messages'][number][][] = [];
    let calls = 0;
    for (
      let input: object | null = { id: 'garden-1', max_characters: 1500, ...start };
      input !== null;
      calls++
    ) {
      const { structure }: { structure: Read } = await callTool<Read>(client, 'read_conversation', input);
      pieces.push([...structure.messages]);
      input = structure[next];
    }
    expect(calls).toBeGreaterThan(5);
    expect((next === 'later' ? pieces : pieces.reverse()).flat()).toEqual(whole.structure.messages);
  });

  it('read a message that is longer than all room in pieces that together are it', async () => {
    let text = '';
    let calls = 0;
    for (
      let input: object | null = { id: 'long', max_characters: 1000, start: 'end' };
      input !== null;
      calls++
    ) {
      const { structure }: { structure: Read } = await callTool<Read>(client, 'read_conversation', input);
      text += structure.messages.map((message) => message.text).join('');
      input = structure.later;
    }
    expect(calls).toBeGreaterThan(3);
    expect(text).toBe(LONG);
  });
});
