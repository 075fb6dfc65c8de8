import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';

const SESSIONS = 12;

describe('the pages of a search by relevance', () => {
  let agent: HistoryWriter;
  let server: TestServer;

  beforeEach(async () => {
    const path = smallHistory(25);
    agent = HistoryWriter.open(path);
    for (let at = 0; at < SESSIONS; at++) {
      agent.addSession({ id: `job-${at}`, source: 'cron', started_at: hour(500 + at) });
      say(agent, `job-${at}`, 'user', 'Check the nginx of the gateway', hour(500 + at));
    }
    server = await TestServer.start(path);
  });

  afterEach(async () => {
    agent.close();
    await server.close();
  });

  /** Ids of all pages, with something that happens between each and the next. */
  async function paged(between: (page: number) => void): Promise<readonly string[]> {
    const ids: string[] = [];
    let after = '';
    for (let page = 0; page < SESSIONS; page++) {
      await server.settled();
      const { data, next_cursor: next } = await server.json<SessionListResponse>(
        `/v1/sessions?search=nginx&limit=4${after}`,
      );
      ids.push(...data.map(({ id }) => id));
      if (next === null) return ids;
      after = `&after=${encodeURIComponent(next)}`;
      between(page);
    }
    throw new Error(`The pages do not end: ${ids.join(' ')}`);
  }

  const JOBS = Array.from({ length: SESSIONS }, (_, at) => `job-${at}`);

  it.each<[string, (page: number) => void]>([
    ['what has nothing of it is written', () => say(agent, 'plain', 'user', 'Something else', hour(600))],
    [
      'long messages are written',
      () => say(agent, 'plain', 'user', 'On and on it goes. '.repeat(500), hour(600)),
    ],
    [
      'a message is deleted',
      (page) => agent.db.exec(`DELETE FROM messages WHERE session_id = 'job-${page}'`),
    ],
    [
      'one that was shown is renamed',
      () => agent.db.exec("UPDATE sessions SET cwd = '/x' WHERE id = 'job-11'"),
    ],
  ])('have each entry once while %s', async (name, between) => {
    const ids = await paged(between);
    const deleted = name === 'a message is deleted' ? ['job-0', 'job-1'] : [];
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids, ...deleted]).toEqual(expect.arrayContaining(JOBS));
  });

  it('begin where a page of the same search ended alone', async () => {
    const { next_cursor: cursor } = await server.json<SessionListResponse>(
      '/v1/sessions?search=nginx&limit=4',
    );
    const after = `limit=4&after=${encodeURIComponent(cursor ?? '')}`;
    for (const same of ['search=nginx', 'search=nginx&search_in=all', 'search=nginx&platform=cron'])
      expect(await server.get(`/v1/sessions?${same}&${after}`)).toMatchObject({ status: 200 });
    for (const other of ['search=gateway', 'search=nginx&search_in=titles', 'search=a+OR+nginx'])
      expect(await server.get(`/v1/sessions?${other}&${after}`)).toMatchObject({
        status: 400,
        body: { error: { param: 'after', code: 'invalid_cursor' } },
      });
  });

  it('have what was there from the beginning, and end, while more is found all the time', async () => {
    const ids = await paged((page) => {
      agent.addSession({ id: `new-${page}`, source: 'cron', started_at: hour(700 + page) });
      say(agent, `new-${page}`, 'user', 'nginx', hour(700 + page));
    });
    expect(ids).toEqual(expect.arrayContaining(JOBS));
    expect(new Set(ids).size).toBe(ids.length);
  });
});
