import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { MessageListResponse } from '../../src/sessions/dto/message-list.response.js';
import { hour } from '../support/histories.js';
import { temporaryFolder, TestServer } from '../support/server.js';

describe('a message that Hermes merged into another', () => {
  let server: TestServer;

  beforeAll(async () => {
    const path = join(temporaryFolder(), 'state.db');
    const writer = HistoryWriter.create(path, 31);
    writer.addSession({ id: 'merged', source: 'cli', started_at: hour(1) });
    const add = (content: string, more: Readonly<Record<string, number | string>>): void => {
      const at = { session_id: 'merged', role: 'user', timestamp: hour(1) };
      writer.addMessage({ ...at, content, ...more });
    };
    const REWOUND = { active: 0, compacted: 0 };
    add('A', { message_uid: 'a' });
    add('B', { message_uid: 'b', ...REWOUND });
    add('C', { message_uid: 'c', ...REWOUND });
    add('D, B and C', { message_uid: 'd', absorbed_message_uids: '["b", "c"]' });
    add('E', { message_uid: 'e', absorbed_message_uids: 'no JSON, though it names "f"' });
    add('F', { message_uid: 'f', ...REWOUND });
    // One that is still shown is where it stands, whatever else has its words.
    add('G', { message_uid: 'g', absorbed_message_uids: '["a"]' });
    // Of what has no id, none is another.
    add('H', { message_uid: '', ...REWOUND });
    add('I', { message_uid: 'i', absorbed_message_uids: '["", null]' });
    writer.close();
    server = await TestServer.start(path);
  });

  afterAll(() => server.close());

  const page = (query: string): Promise<MessageListResponse> =>
    server.json<MessageListResponse>(`/v1/sessions/merged/messages?${query}`);

  const textsOf = async (query: string): Promise<readonly unknown[]> =>
    (await page(query)).data.map(({ content }) => content);

  it('is found where that stands', async () => {
    for (const id of [2, 3, 4]) {
      expect(await page(`around=${id}&limit=1`)).toMatchObject({
        position: 1,
        data: [{ id: 4, content: 'D, B and C' }],
      });
      expect(await textsOf(`after=${id}`)).toEqual(['E', 'G', 'I']);
      expect(await textsOf(`before=${id}`)).toEqual(['A']);
    }
  });

  it('is found itself as long as it is shown', async () => {
    expect(await textsOf('around=1&limit=1')).toEqual(['A']);
    expect(await textsOf('around=2&limit=1&include_inactive=true')).toEqual(['B']);
  });

  it('is nowhere where nothing says what it was merged into', async () => {
    for (const id of [6, 8]) {
      const { status, body } = await server.get(`/v1/sessions/merged/messages?around=${id}`);
      expect([status, body]).toMatchObject([404, { error: { code: 'message_not_found' } }]);
    }
  });
});
