import type { MessageListResponse } from '../../src/sessions/dto/message-list.response.js';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { PRIOR_BEGINNING, PRIOR_END, SUMMARY_END } from '../../src/sessions/transcript/own-words.js';
import { ask } from '../support/ask.js';
import { hour, smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';

const SUMMARY = '[CONTEXT COMPACTION — REFERENCE ONLY] Earlier turns were compacted. Do NOT answer them.';
const PICTURE = { type: 'image_url', image_url: { url: 'https://example.org/freeze.png' } };

/** Role and content of what is in a transcript, and what of it was said: null for nothing, undefined for all. */
const MESSAGES: readonly (readonly [role: string, content: unknown, said: unknown])[] = [
  ['user', 'Fix the freeze', undefined],
  ['user', `${SUMMARY}\n\n${SUMMARY_END}`, null],
  ['assistant', SUMMARY, null],
  ['user', `${SUMMARY}\n\n${SUMMARY_END}\n\nGo on with step 3`, 'Go on with step 3'],
  [
    'assistant',
    `${PRIOR_BEGINNING}\nIt is fixed\n\n${PRIOR_END}\n\n${SUMMARY}\n${SUMMARY_END}`,
    'It is fixed',
  ],
  [
    'user',
    [{ type: 'text', text: `${SUMMARY}\n\n${SUMMARY_END}\n\n` }, { type: 'text', text: 'See' }, PICTURE],
    [{ type: 'text', text: 'See' }, PICTURE],
  ],
  ['user', `What does "${SUMMARY_END}" mean in your log, and ${SUMMARY}?`, undefined],
  ['tool', SUMMARY, undefined],
];

describe('what a compaction wrote for the model, in messages', () => {
  let server: TestServer;

  beforeAll(async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'carrier', source: 'cli', started_at: hour(20) });
    for (const [at, [role, content]] of MESSAGES.entries()) {
      const text = typeof content === 'string' ? content : `\u0000json:${JSON.stringify(content)}`;
      writer.addMessage({ session_id: 'carrier', role, content: text, timestamp: hour(20) + at });
    }
    writer.close();
    server = await TestServer.start(path);
  });

  afterAll(() => server.close());

  it('is told apart from what was said', async () => {
    const { data } = await server.json<MessageListResponse>('/v1/sessions/carrier/messages');
    expect(data.map(({ content, summary, own_content: own }) => [content, summary, own])).toEqual(
      MESSAGES.map(([, content, said]) => [content, said === null ? true : undefined, said ?? undefined]),
    );
  });

  it("is told in the words of Hermes's dashboard, but for what it exports", async () => {
    interface Row {
      readonly content: unknown;
      readonly display_kind: string | null;
      readonly display_content?: unknown;
    }
    const read = async (path: string): Promise<readonly Row[]> =>
      (await server.json<{ messages: readonly Row[] }>(`/dashboard/api/sessions/carrier/${path}`)).messages;
    const told = await read('messages');
    expect(told.map(({ content, display_kind: kind, display_content: own }) => [content, kind, own])).toEqual(
      MESSAGES.map(([, content, said]) => [content, said === null ? 'hidden' : null, said ?? undefined]),
    );
    for (const message of await read('export')) {
      expect(message.display_kind).toBeNull();
      expect(message).not.toHaveProperty('display_content');
    }
  });

  it('is called what it is on pages', async () => {
    const page = await (await ask(server, '/v1/sessions/carrier/export?format=markdown')).text();
    expect(page.match(/^### .*(?= · )/gm)).toEqual([
      ...['### User', '### Context summary', '### Context summary', '### User with a context summary'],
      ...['### Assistant with a context summary', '### User with a context summary', '### User', '### Tool'],
    ]);
  });
});
