import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { MessageListResponse } from '../../src/sessions/dto/message-list.response.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { hour } from '../support/histories.js';
import { TestListener } from '../support/listener.js';
import { temporaryFolder, TestServer } from '../support/server.js';

type Values = Readonly<Record<string, string | number | null>>;
type Said = Values & { readonly role: string };

const ARCHIVED = { active: 0, compacted: 1 };

const calls = (id: string, value: string): string =>
  JSON.stringify([
    { id, type: 'function', function: { name: 'demo', arguments: JSON.stringify({ value }) } },
  ]);

const OUTPUT = `all that the tool said, durian ${'r'.repeat(5000)}`;

/** The four messages of a conversation, each a minute behind the one before, as they were said and as a compaction hands them on to the model. */
const SAID: readonly Said[] = [
  { role: 'user', content: 'start' },
  {
    role: 'assistant',
    content: 'Earlier progress',
    tool_calls: calls('call-1', `papaya ${'l'.repeat(4000)}`),
  },
  { role: 'tool', content: OUTPUT, tool_call_id: 'call-1', tool_name: 'demo' },
  { role: 'assistant', content: 'Later answer' },
];
const HANDED_ON: readonly Said[] = SAID.map((message) => {
  if (message.role === 'tool') return { ...message, content: 'pruned result' };
  return message.tool_calls === undefined ? message : { ...message, tool_calls: calls('call-1', 'short') };
});

/** What tells that rows are one message. @param generation how many compactions wrote it anew. */
type Identity = (message: number, generation: number) => Values;

function addAll(
  writer: HistoryWriter,
  messages: readonly Said[],
  identity: (message: number) => Values,
  more: Values = {},
): void {
  for (const [at, message] of messages.entries())
    writer.addMessage({
      ...{ session_id: 'pruned', timestamp: hour(1) + 60 * at },
      ...{ ...message, ...identity(at), ...more },
    });
}

describe.each<readonly [string, 25 | 30 | 31, Identity]>([
  ['that have an id in common', 31, (at) => ({ message_uid: `uid-${at}` })],
  ['that have a place in common', 30, (at) => ({ display_order: at + 1 })],
  [
    'that have a place in common, and ids that an upgrade gave each row',
    31,
    (at, generation) => ({ display_order: at + 1, message_uid: `uid-${at}-${generation}` }),
  ],
  // As before Hermes knew the call by its id alone.
  [
    'of which those that were shortened have places of their own',
    30,
    (at, generation) => ({ display_order: 4 * generation + at + 1 }),
  ],
  ['that have nothing but their time and the ids of their calls in common', 25, () => ({})],
])('messages that a compaction shortened for the model %s', (_what, version, identity) => {
  let path: string;
  let server: TestServer;

  beforeEach(async () => {
    path = join(temporaryFolder(), 'state.db');
    const writer = HistoryWriter.create(path, version);
    writer.addSession({ id: 'pruned', source: 'cli', started_at: hour(1) });
    addAll(writer, SAID, (at) => identity(at, 0), ARCHIVED);
    addAll(writer, HANDED_ON, (at) => identity(at, 1));
    writer.close();
    server = await TestServer.start(path);
  });

  afterEach(() => server.close());

  const page = (query: string): Promise<MessageListResponse> =>
    server.json<MessageListResponse>(`/v1/sessions/pruned/messages?${query}`);

  it('are shown once, where they were said, with all that a tool returned', async () => {
    const { total, data } = await page('');
    expect([total, data.map(({ content }) => content)]).toEqual([
      4,
      ['start', 'Earlier progress', OUTPUT, 'Later answer'],
    ]);
    expect(await server.json('/v1/sessions/pruned')).toMatchObject({ turn_count: 1 });
    expect((await page('include_inactive=true')).total).toBe(8);
    const { text } = await server.get('/v1/sessions/pruned/export?format=markdown');
    expect(text).toContain('durian');
    expect(text).not.toContain('pruned result');
  });

  it("are told by Hermes's own routes as they are shown to people, or as the model has them", async () => {
    const contents = async (query: string): Promise<readonly unknown[]> => {
      const answer = await server.json<{ data: readonly { content: unknown }[] }>(
        `/api/sessions/pruned/messages${query}`,
      );
      return answer.data.map(({ content }) => content);
    };
    expect(await contents('')).toEqual(['start', 'Earlier progress', 'pruned result', 'Later answer']);
    expect(await contents('?include_compacted=true')).toEqual([
      ...['start', 'Earlier progress', OUTPUT, 'Later answer'],
    ]);
  });

  it.each([
    ['durian', 2],
    ['papaya', 1],
    ['pruned', 2],
  ] as const)('are found by the words of any of their rows: %s', async (word, position) => {
    const list = await server.json<SessionListResponse>(`/v1/sessions?search=${word}`);
    expect(list).toMatchObject({
      total: 1,
      data: [{ match: { snippet: expect.stringContaining(`<mark>`) } }],
    });
    const found = await page(`search=${word}`);
    expect(found).toMatchObject({
      ...{ total: 1, has_more: false },
      data: [{ content: (await page('')).data[position]?.content, position }],
    });
    expect(found.data[0]?.snippet).toContain(`<mark>${word}</mark>`);
    expect(await page(`search=${word}&order=desc`)).toMatchObject({ data: [{ position: 3 - position }] });
    expect((await page(`search=${word}&include_inactive=true`)).total).toBe(1);
    // Who follows the hit of the list comes to the message.
    expect(await page(`around=${list.data[0]?.match?.message_id}&limit=1`)).toMatchObject({ position });
  });

  it('are no news', async () => {
    await server.json('/v1/sessions');
    const listener = await TestListener.to(server, '/v1/sessions/pruned/events');
    const writer = HistoryWriter.open(path);
    writer.together(() => {
      writer.db.exec('UPDATE messages SET active = 0, compacted = 1');
      addAll(writer, HANDED_ON, (at) => identity(at, 2));
    });
    await server.settled();
    writer.addMessage({ session_id: 'pruned', role: 'user', content: 'go on', timestamp: hour(2) });
    writer.close();
    await listener.until((events) => events.some(({ type }) => type === 'message.created'));
    await server.settled();
    expect(listener.heard.flatMap(({ message: heard }) => heard?.content ?? [])).toEqual(['go on']);
    listener.leave();
    expect((await page('')).data.map(({ content }) => content)).toEqual([
      ...['start', 'Earlier progress', OUTPUT, 'Later answer', 'go on'],
    ]);
  });
});

it('shows each of two calls to which a provider gave one id', async () => {
  const path = join(temporaryFolder(), 'state.db');
  const writer = HistoryWriter.create(path, 31);
  writer.addSession({ id: 'twice', source: 'cli', started_at: hour(1) });
  const returned = (content: string, more: Values): void => {
    const at = { session_id: 'twice', role: 'tool', timestamp: hour(1) };
    writer.addMessage({ ...at, tool_call_id: 'call', tool_name: 'demo', content, ...more });
  };
  returned('first result', { message_uid: 'a' });
  returned('second', { message_uid: 'b' });
  // Some versions of Hermes gave one place to both.
  returned('third result', { message_uid: 'c', display_order: 3 });
  returned('fourth', { message_uid: 'd', display_order: 3 });
  writer.close();
  const server = await TestServer.start(path);
  const { data } = await server.json<MessageListResponse>('/v1/sessions/twice/messages');
  expect(data.map(({ content }) => content)).toEqual(['first result', 'second', 'third result', 'fourth']);
  await server.close();
});
