import Sqlite from 'better-sqlite3';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { smallHistory, withManySessions } from '../support/histories.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/wait.js';

/** Longer than all session rows are compared in, and shorter than the rest between two comparisons of messages, in milliseconds. */
const BETWEEN = 2000;

describe('messages that somebody dates otherwise, and nothing else', () => {
  it('are in each list from then on, before and after the session rows are compared', async () => {
    const path = withManySessions(smallHistory(25));
    const server = await TestServer.start(path);
    const newest = async (): Promise<unknown> => {
      const { data } = await server.json<SessionListResponse>('/v1/sessions?limit=1');
      return data.map(({ id, last_active_at: at }) => [id, at])[0];
    };
    const [id, at] = (await newest()) as readonly [string, string];
    // The messages of a new index are compared at once, and then rested from.
    await sleep(500);
    const db = new Sqlite(path);
    db.prepare('UPDATE messages SET timestamp = timestamp + 3600 WHERE session_id = ?').run(id);
    db.close();
    const later = new Date(Date.parse(at) + 3_600_000).toISOString();
    const end = performance.now() + BETWEEN;
    const told: unknown[] = [];
    await sleep(BETWEEN / 2);
    await until(async () => {
      told.push(await newest());
      return performance.now() > end;
    });
    expect(told.map((entry) => new Date((entry as readonly string[])[1] ?? '').toISOString())).toEqual(
      told.map(() => later),
    );
    await server.close();
  });
});
