import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { createDatabase } from '../support/database.js';
import { hour } from '../support/histories.js';
import { tellAnswers } from '../support/sent-statements.js';
import { temporaryFolder, TestServer, testSettings } from '../support/server.js';
import { TestShipper } from '../support/shipped.js';

const MEBIBYTE = 1024 * 1024;
const PICTURES = 8;

/** One session with many pictures, and many with one. */
function historyOfPictures(): string {
  const path = join(temporaryFolder(), 'state.db');
  const writer = HistoryWriter.create(path, 30);
  const picture = { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(MEBIBYTE)}` } };
  const content = `\0json:${JSON.stringify([{ type: 'text', text: 'Look at the 用 page' }, picture])}`;
  const add = (id: string, count: number): void => {
    writer.addSession({ id, source: 'cli', started_at: hour(1) });
    for (let at = 0; at < count; at++)
      writer.addMessage({ session_id: id, role: 'user', content, timestamp: hour(1) + at });
  };
  writer.together(() => {
    add('many', PICTURES);
    for (let at = 1; at < PICTURES; at++) add(`one-${at}`, 1);
  });
  writer.close();
  return path;
}

describe('a search in a database of messages with pictures', () => {
  let server: TestServer;
  let sizes: number[] = [];
  let end: () => void;

  beforeAll(async () => {
    const url = await createDatabase();
    const shipper = await TestShipper.start(testSettings({ STATE_DB: historyOfPictures() }), url);
    await shipper.settled();
    await shipper.stop();
    end = tellAnswers((rows) => sizes.push(JSON.stringify(rows).length));
    server = await TestServer.onDatabase(url, { ANSWER_CACHE_MB: '0' });
  });

  afterAll(async () => {
    end();
    await server.close();
  });

  it.each([
    ['for a phrase', '/v1/sessions?search="at the"'],
    ['for a word', '/v1/sessions?search=page'],
    ['for what no index has', '/v1/sessions?search=用 OR zzz'],
    ['in a transcript', '/v1/sessions/many/messages?search=page&limit=1'],
  ])('reads some megabytes at a time %s', async (_where, path) => {
    sizes = [];
    const { total } = await server.json<{ readonly total: number }>(encodeURI(path));
    expect(total).toBe(PICTURES);
    expect(Math.max(...sizes)).toBeGreaterThan(MEBIBYTE);
    expect(Math.max(...sizes)).toBeLessThan(5 * MEBIBYTE);
  });
});
