import { copyFileSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import type { ProfileListResponse } from '../../src/profiles/profile-list.response.js';
import { damageLongValues } from '../support/damaged-messages.js';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { untilEqual } from '../support/until-equal.js';
import { until } from '../support/wait.js';

describe('a history of which some cannot be read any more, though lists can', () => {
  it('is told to be damaged where each history is told of, until what failed can be read, and goes on answering', async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    say(writer, 'plain', 'assistant', 'long '.repeat(4000), hour(60));
    // By the newest message a history is told from another one.
    say(writer, 'plain', 'user', 'short', hour(61));
    writer.db.pragma('journal_mode = DELETE');
    writer.close();
    const whole = join(temporaryFolder(), 'whole.db');
    copyFileSync(path, whole);
    const server = await TestServer.onFile(path);
    /** What the probe, a list of profiles and the metrics say. */
    const told = async (): Promise<readonly unknown[]> => {
      const { body } = await server.get('/readyz');
      const { data } = await server.json<ProfileListResponse>('/v1/profiles');
      const { text } = await server.get('/metrics').buffer(true);
      return [body, data[0]?.status, ...text.matchAll(/^hermes_sessions_(?:profile_)?ready\S* (\d)$/gm)].map(
        (one: unknown) => (Array.isArray(one) ? Number(one[1]) : one),
      );
    };
    const isReady = [{ status: 'ready', reason: null }, 'ready', 1, 1];
    const read = async (): Promise<number> => (await server.get('/v1/sessions/plain/messages')).status;
    await untilEqual(told, isReady);
    damageLongValues(path);
    // What SQLite has read it keeps, so that nothing was read before.
    expect(await read()).toBe(503);
    expect((await server.get('/v1/sessions')).status).toBe(200);
    expect(await told()).toEqual([isReady[0], 'unavailable', 1, 0]);
    cpSync(whole, path);
    await until(async () => (await read()) === 200);
    await untilEqual(told, isReady);
  });
});
