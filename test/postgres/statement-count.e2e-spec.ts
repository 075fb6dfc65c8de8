import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { createDatabase } from '../support/database.js';
import { hour, say } from '../support/histories.js';
import { tellStatements } from '../support/sent-statements.js';
import { temporaryFolder, TestServer, testSettings } from '../support/server.js';
import { TestShipper } from '../support/shipped.js';

/** What reads a history, other than what a server looks at by the clock. */
const READS = /\b(FROM|JOIN) "?(sessions|messages|conversations|session_words)\b/;

const CONVERSATIONS = 60;

/** Conversations of all kinds that lists tell apart: by themselves, compressed, and handed on to a delegate. */
function manyConversations(): string {
  const path = join(temporaryFolder(), 'state.db');
  const writer = HistoryWriter.create(path, 30);
  writer.together(() => {
    for (let at = 0; at < CONVERSATIONS; at++) {
      const id = `talk-${at}`;
      const isCompressed = at % 3 === 1;
      const [endedAt, reason] = isCompressed ? [hour(at), 'compression'] : [null, null];
      writer.addSession({ id, source: 'cli', started_at: hour(at), ended_at: endedAt, end_reason: reason });
      say(writer, id, 'user', `About fig ${at}`, hour(at));
      if (at % 3 === 0) continue;
      const marked = isCompressed ? null : JSON.stringify({ _delegate_from: id });
      const next = `${id}-next`;
      writer.addSession({
        ...{ id: next, source: 'cli', parent_session_id: id, started_at: hour(at) + 60 },
        model_config: marked,
      });
      say(writer, next, 'user', `More of fig ${at}`, hour(at) + 60);
    }
  });
  writer.close();
  return path;
}

describe('the statements of an answer', () => {
  let server: TestServer;
  let sent: string[] = [];
  let end: () => void;

  beforeAll(async () => {
    const url = await createDatabase();
    const shipper = await TestShipper.start(testSettings({ STATE_DB: manyConversations() }), url);
    await shipper.settled();
    await shipper.stop();
    end = tellStatements((sql) => {
      if (READS.test(sql)) sent.push(sql);
    });
    server = await TestServer.onDatabase(url, { ANSWER_CACHE_MB: '0' });
  });

  afterAll(async () => {
    end();
    await server.close();
  });

  const sentFor = async (path: string, count: number): Promise<readonly string[]> => {
    sent = [];
    const { data } = await server.json<{ readonly data: readonly unknown[] }>(path);
    expect(data).toHaveLength(count);
    // Those that go out at one time come in either order.
    return sent.toSorted();
  };

  it.each([
    '/api/sessions?',
    '/api/sessions?include_children=true&',
    '/v1/sessions?',
    '/v1/sessions?search=fig&',
  ])('are as many for fifty rows as for two: %s', async (path) => {
    const forTwo = await sentFor(`${path}limit=2`, 2);
    const forFifty = await sentFor(`${path}limit=50`, 50);
    expect(forTwo.length).toBeGreaterThan(0);
    expect(forFifty).toEqual(forTwo);
  });
});
