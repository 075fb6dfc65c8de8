import { join } from 'node:path';
import { jest } from '@jest/globals';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { IndexWriter } from '../../src/stores/hermes/index/index-writer.js';
import { asking } from '../support/compared-answers.js';
import { hour, say, smallHistory, withManySessions } from '../support/histories.js';
import { serverWithLog, type LogLine } from '../support/log.js';
import { temporaryFolder, TestServer } from '../support/server.js';

const { answersOf, rightAnswers } = asking([
  '/v1/sessions?limit=200',
  '/v1/sessions?limit=200&include_children=true&archived=any&sort=started_at',
  '/v1/sessions?platform=filler&limit=3',
  '/v1/sessions/stats',
  '/v1/sessions?search=conversation+499&limit=3',
]);

function removeSessions(stateDb: string, condition: string): void {
  const writer = HistoryWriter.open(stateDb);
  writer.together(() => {
    writer.db.exec(`CREATE TEMP TABLE gone AS SELECT id FROM sessions WHERE ${condition};
      UPDATE sessions SET parent_session_id = NULL WHERE parent_session_id IN (SELECT id FROM gone);
      DELETE FROM messages WHERE session_id IN (SELECT id FROM gone);
      DELETE FROM sessions WHERE id IN (SELECT id FROM gone)`);
  });
  writer.close();
}

/** Sessions of two messages each, and one of many. */
function addSessions(stateDb: string, count: number, prefix = 'imported'): void {
  const writer = HistoryWriter.open(stateDb);
  writer.together(() => {
    for (let at = 0; at < count; at++) {
      const id = `${prefix}-${at}`;
      writer.addSession({ id, source: 'filler', started_at: hour(100 + at) });
      for (const role of ['user', 'assistant'])
        say(writer, id, role, `An ${prefix} conversation ${at}`, hour(100 + at));
    }
    for (let at = 0; at < 10 * count; at++) say(writer, 'plain', 'user', `More ${at}`, hour(100) + at);
  });
  writer.close();
}

/** The most sessions that the index took in or lost in one go. */
function watchTurns(): { readonly most: number } {
  const apply = jest.spyOn(IndexWriter.prototype, 'apply');
  return {
    get most() {
      return Math.max(0, ...apply.mock.calls.map(([rows, gone = []]) => rows.length + [...gone].length));
    },
  };
}

describe('many sessions that come or go in one commit', () => {
  let stateDb: string;
  let server: TestServer;
  let log: readonly LogLine[];

  beforeEach(async () => {
    stateDb = withManySessions(smallHistory(25), 1200);
    ({ server, log } = await serverWithLog({
      STATE_DB: stateDb,
      INDEX_DIR: join(temporaryFolder(), 'index'),
    }));
    await answersOf(server);
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await server.close();
  });

  it.each<readonly [string, (path: string) => void]>([
    [
      'are deleted',
      (path) => {
        removeSessions(path, "source = 'filler' AND rowid % 2 = 0");
      },
    ],
    [
      'are added',
      (path) => {
        addSessions(path, 500);
      },
    ],
    [
      'take the place of the last ones',
      (path) => {
        removeSessions(path, "source = 'filler' AND rowid > 700");
        addSessions(path, 500);
      },
    ],
    [
      'lose their messages',
      (path) => {
        const writer = HistoryWriter.open(path);
        writer.db.exec("DELETE FROM messages WHERE session_id GLOB 'filler-*'");
        writer.close();
      },
    ],
  ])('are in the next answer, though they are followed some at a time: they %s', async (_what, change) => {
    const turns = watchTurns();
    change(stateDb);
    const answers = await answersOf(server);
    expect(turns.most).toBeLessThanOrEqual(300);
    jest.restoreAllMocks();
    expect(answers).toEqual(await rightAnswers(stateDb));
    expect(log.filter(({ msg }) => String(msg).includes('made anew'))).toEqual([]);
  });

  it('have the index made anew by the thread, where they are most of the history', async () => {
    const turns = watchTurns();
    addSessions(stateDb, 2200);
    const answers = await answersOf(server);
    expect(turns.most).toBeLessThanOrEqual(300);
    jest.restoreAllMocks();
    expect(answers).toEqual(await rightAnswers(stateDb));
    expect(log.map(({ msg }) => msg)).toContain(
      'The index is made anew: most of its history is another one by now.',
    );
  });
});

describe('sessions without messages that come onto the rows of deleted ones', () => {
  /** Asks for nothing that waits until all rows are compared. */
  const FIRST = '/v1/sessions?include_children=true&archived=any&limit=3';

  function addEmpty(stateDb: string, count: number, prefix: string, talks = (_at: number) => false): void {
    const writer = HistoryWriter.open(stateDb);
    writer.together(() => {
      for (let at = 0; at < count; at++) {
        const id = `${prefix}-${at}`;
        const startedAt = hour((prefix === 'came' ? 6000 : -5000) - at);
        writer.addSession({ id, source: 'filler', started_at: startedAt });
        if (talks(at)) say(writer, id, 'user', 'The only one that is not empty', startedAt);
      }
    });
    writer.close();
  }

  it.each([
    ['many more of them', 1200, 50, 200, () => false],
    [
      'a few, of which one talks already, in a history that is not looked through',
      5000,
      3,
      3,
      (at: number) => at === 2,
    ],
  ])('are in the next answer: %s', async (_what, fillers, gone, added, talks) => {
    const stateDb = withManySessions(smallHistory(25), fillers);
    addEmpty(stateDb, gone, 'gone');
    const server = await TestServer.onFile(stateDb, { INDEX_DIR: temporaryFolder() });
    await server.json(FIRST);
    removeSessions(stateDb, "id GLOB 'gone-*'");
    addEmpty(stateDb, added, 'came', talks);
    const { data } = await server.json<{ data: { id: string }[] }>(FIRST);
    await server.close();
    expect(data.map(({ id }) => id)).toEqual(['came-0', 'came-1', 'came-2']);
  });
});
