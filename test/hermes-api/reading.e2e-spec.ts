import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { HermesSessionEnvelope } from '../../src/hermes-api/api-server/api-server.response.js';
import { say, smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';

describe("a session that is marked as read in Hermes's own shapes", () => {
  it('is unread again once something is said in it, and is shown where it is pinned', async () => {
    const stateDb = smallHistory(30);
    const server = await TestServer.onFile(stateDb);
    await server.patch('/api/sessions/plain', { unread: false, hidden: true });
    const read = async (): Promise<unknown> =>
      (await server.json<HermesSessionEnvelope>('/api/sessions/plain')).session;
    expect(await read()).toMatchObject({ unread: false, hidden: true });
    const writer = HistoryWriter.open(stateDb);
    say(writer, 'plain', 'user', 'Something new', Date.now() / 1000 + 60);
    writer.close();
    expect(await read()).toMatchObject({ unread: true, hidden: true });
    const both = { hidden: true, pinned: true };
    expect((await server.patch('/api/sessions/plain', both)).body).toMatchObject({
      session: { hidden: false, pinned: true },
    });
    await server.close();
  });
});
