import { join } from 'node:path';
import fc from 'fast-check';
import { HistoryWriter } from '../../../src/demo/state-db/history-writer.js';
import type { MessageListResponse } from '../../../src/sessions/dto/message-list.response.js';
import { hour } from '../../support/histories.js';
import { HOSTILE_TEXTS } from '../../support/hostile.js';
import { liveThings } from '../../support/live-html.js';
import { checkRounds } from '../../support/rounds.js';
import { temporaryFolder, TestServer } from '../../support/server.js';

/** What means something to a parser of Markdown or HTML, or to nobody. */
const MARKS = [
  ...['>', '- ', '1. ', '* ', '*', '_', '**', '~~', '`', '```', '~~~', '[', ']', '](', '![', '<', '</', '|'],
  ...[
    '\n',
    '\n\n',
    '\t',
    '    ',
    '\r',
    '#',
    '=',
    '---',
    '\\',
    '&',
    '&lt;',
    '&#0;',
    '&#x3c;',
    '$',
    '^',
    '[^1]',
  ],
  ...[
    '<script>',
    '</script>',
    '<!--',
    '-->',
    '<![CDATA[',
    ' onclick=alert(1) ',
    'javascript:',
    'data:text/html,',
  ],
  ...[
    'https://a.example',
    'a@b.example',
    '\u0000',
    '\u001b[31m',
    '\u202e',
    '\u2028',
    '\ud800',
    '\udc00',
    '\ufeff',
  ],
  ...['👩‍👩‍👧', 'e\u0301', '漢字', 'x', ' ', '"', "'"],
];

const mark = fc.oneof(fc.constantFrom(...MARKS), fc.string({ unit: 'binary', maxLength: 4 }));

/** Texts that are put together of a few marks, some of them again and again. */
const text = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(...HOSTILE_TEXTS) },
  {
    weight: 6,
    arbitrary: fc
      .array(
        fc.tuple(fc.array(mark, { minLength: 1, maxLength: 3 }), fc.constantFrom(1, 1, 1, 2, 9, 70, 900)),
        {
          maxLength: 8,
        },
      )
      .map((runs) => runs.map(([marks, times]) => marks.join('').repeat(times)).join('')),
  },
);

/** Structured content: parts that Hermes writes, and what could stand in their place. */
const structured = fc
  .oneof(
    fc.jsonValue({ maxDepth: 6 }),
    fc.array(
      fc.oneof(
        fc.record({ type: fc.constantFrom('text', 'input_text', '', 'nonsense'), text }),
        fc.record({ type: fc.constant('image_url'), image_url: fc.oneof(fc.record({ url: text }), text) }),
        fc.record({ type: fc.constant('input_audio'), input_audio: fc.jsonValue() }),
        fc.record({ type: fc.constant('file'), file: fc.jsonValue() }),
        fc.jsonValue(),
      ),
      { maxLength: 4 },
    ),
  )
  .map((value) => `\u0000json:${JSON.stringify(value)}`);

const brokenStructured = fc
  .tuple(structured, fc.nat(50))
  .map(([json, cut]) => json.slice(0, Math.max(6, json.length - cut)));

const calls = fc.oneof(
  fc.constant(null),
  text,
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc
    .array(
      fc.record({
        id: fc.oneof(text, fc.jsonValue()),
        function: fc.oneof(fc.record({ name: text, arguments: fc.oneof(text, fc.json()) }), fc.jsonValue()),
      }),
      { maxLength: 3 },
    )
    .map((value) => JSON.stringify(value)),
);

const message = fc.record({
  role: fc.constantFrom('user', 'assistant', 'tool', 'system', 'nobody', ''),
  content: fc.oneof({ weight: 4, arbitrary: text }, structured, brokenStructured, fc.constant(null)),
  tool_calls: calls,
  tool_name: fc.oneof(fc.constant(null), text),
  reasoning: fc.oneof(fc.constant(null), text),
});

interface ExportedSessions {
  readonly sessions: readonly { readonly messages: readonly unknown[] }[];
}

describe('messages that are hard to show', () => {
  let path: string;
  let server: TestServer;
  let sessions = 0;

  beforeAll(async () => {
    path = join(temporaryFolder(), 'state.db');
    HistoryWriter.create(path, 25).close();
    server = await TestServer.start(path);
  });

  afterAll(() => server.close());

  it('are told and written, each of them, in every form, and stay text', async () => {
    await checkRounds(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 12 }), async (messages) => {
        const id = `hard${sessions++}`;
        const writer = HistoryWriter.open(path);
        writer.together(() => {
          writer.addSession({ id, source: 'cli', started_at: hour(1) });
          for (const written of messages)
            writer.addMessage({ session_id: id, timestamp: hour(1), ...written });
        });
        writer.close();
        await server.settled();

        const page = await server.json<MessageListResponse>(`/v1/sessions/${id}/messages?limit=200`);
        expect(page.data).toHaveLength(messages.length);
        for (const route of [`/v1/sessions/${id}`, `/api/sessions/${id}/messages`])
          expect((await server.get(route)).status).toBe(200);

        const read = async (format: string): Promise<string> => {
          const answer = await server.get(`/v1/sessions/${id}/export?format=${format}`);
          expect(answer.status).toBe(200);
          return answer.text;
        };
        const [session] = (JSON.parse(await read('json')) as ExportedSessions).sessions;
        expect(session?.messages).toHaveLength(messages.length);
        const lines = (await read('jsonl')).trimEnd().split('\n');
        expect(() => lines.map((line) => JSON.parse(line) as unknown)).not.toThrow();
        const headings = (await read('markdown')).match(/^### /gm)?.length;
        expect(headings).toBeGreaterThanOrEqual(messages.length);
        const html = await read('html');
        expect(liveThings(html)).toEqual([]);
        expect(html.match(/<article/g)).toHaveLength(messages.length);
        expect(html).toMatch(/<\/html>\s*$/);
      }),
      150,
    );
  });
});
