import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { LAYOUTS } from '../support/breadth.js';
import { hour } from '../support/histories.js';
import { temporaryFolder, TestServer } from '../support/server.js';

describe.each(LAYOUTS)(
  'messages that an agent replaces by as many others, on schema version %d',
  (version) => {
    let path: string;
    let server: TestServer;

    beforeEach(async () => {
      path = join(temporaryFolder(), 'state.db');
      const writer = HistoryWriter.create(path, version);
      for (const id of ['talk', 'other']) writer.addSession({ id, source: 'cli', started_at: hour(1) });
      write(writer, 'talk', ['alpha fig', 'bravo fig']);
      write(writer, 'other', ['alpha date']);
      writer.close();
      server = await TestServer.start(path);
    });

    afterEach(() => server.close());

    /** Each in the second of the one that it replaces. */
    const write = (writer: HistoryWriter, session: string, texts: readonly string[]): void => {
      texts.forEach((content, at) => {
        writer.addMessage({ session_id: session, role: 'user', content, timestamp: hour(1) + 60 * at });
      });
    };

    const replace = (session: string, texts: readonly string[]): void => {
      const writer = HistoryWriter.open(path);
      writer.together(() => {
        writer.db.prepare('DELETE FROM messages WHERE session_id = ?').run(session);
        write(writer, session, texts);
      });
      writer.close();
    };

    const found = async (text: string): Promise<readonly string[]> => {
      const { data, total, search_incomplete } = await server.json<SessionListResponse>(
        `/v1/sessions?search=${encodeURIComponent(text)}&sort=-started_at`,
      );
      expect([total, search_incomplete]).toEqual([data.length, undefined]);
      return data.map(({ id }) => id).toSorted();
    };

    it('are found, and those that are gone are not', async () => {
      expect(await found('alpha')).toEqual(['other', 'talk']);
      replace('talk', ['alpha fig', 'charlie fig']);
      await server.settled();
      expect(await found('charlie')).toEqual(['talk']);
      expect(await found('alpha')).toEqual(['other', 'talk']);
      expect(await found('bravo')).toEqual([]);
      replace('talk', ['delta fig', 'echo fig']);
      replace('other', ['echo date']);
      await server.settled();
      expect(await found('echo')).toEqual(['other', 'talk']);
      expect(await found('"echo date" OR delta')).toEqual(['other', 'talk']);
      expect(await found('alpha')).toEqual([]);
    });
  },
);
