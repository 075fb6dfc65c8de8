import { HermesSessions } from '@hermes-sessions/client';
import { placeOf } from '../../console/src/conversation/message-place.js';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';

describe('the place of a message', () => {
  let server: TestServer;
  let history: HermesSessions;
  /** Ids of the messages of one chain. */
  let ids: readonly number[];

  beforeAll(async () => {
    const path = smallHistory(25);
    server = await TestServer.onFile(path);
    history = new HermesSessions({ baseUrl: await server.app.getUrl(), key: TEST_KEY });
    ids = (await history.messages('chain-3', { lineage: true })).data.map(({ id }) => id);
    const writer = HistoryWriter.open(path);
    writer.db.prepare('UPDATE messages SET active = 0 WHERE id IN (?, ?)').run(ids[2], ids[5]);
    writer.close();
  });

  afterAll(() => server.close());

  it('is that in its whole conversation', async () => {
    const places = [0, 1, 3, 4].map((at) => placeOf(history, 'chain-3', {}, ids[at] ?? 0));
    expect(await Promise.all(places)).toEqual([0, 1, 2, 3]);
  });

  it('is that of the next one where it was rewound, or of the last', async () => {
    expect(await placeOf(history, 'chain-3', {}, ids[2] ?? 0)).toBe(2);
    expect(await placeOf(history, 'chain-3', {}, ids[5] ?? 0)).toBe(3);
  });

  it('is the beginning where there is none', async () => {
    expect(await placeOf(history, 'empty', {}, 1)).toBe(0);
  });
});
