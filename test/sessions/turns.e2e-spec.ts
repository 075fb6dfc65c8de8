import { setImmediate as nextTurn } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionFilter } from '../../src/sessions/session-query.js';
import { FULL_ACCESS } from '../../src/domain/access.js';
import { SessionsRepository } from '../../src/sessions/sessions.repository.js';
import { HermesProfiles } from '../../src/stores/hermes/profiles/hermes-profiles.js';
import { hour, say, smallHistory, withManySessions } from '../support/histories.js';
import { TestServer } from '../support/server.js';

const MEBIBYTE = 1024 * 1024;

/** Everything else that a process has to do, of which turns are counted. */
class Others {
  turns = 0;
  #isOver = false;

  constructor() {
    void this.#go();
  }

  end(): void {
    this.#isOver = true;
  }

  async #go(): Promise<void> {
    for (; !this.#isOver; this.turns++) await nextTurn();
  }
}

describe('everybody else', () => {
  let server: TestServer;
  let repository: SessionsRepository;
  let others: Others;

  beforeAll(async () => {
    const path = withManySessions(smallHistory(25), 3000);
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'long', source: 'cli', started_at: hour(1) });
    for (let at = 0; at < 4; at++)
      writer.addMessage({
        ...{ session_id: 'long', role: 'user', timestamp: hour(1) + at, content: 'x'.repeat(MEBIBYTE) },
      });
    writer.close();
    server = await TestServer.onFile(path);
    repository = server.app.get(SessionsRepository, { strict: false });
    others = new Others();
  });

  afterAll(async () => {
    others.end();
    await server.close();
  });

  /** How many turns others have had when each thing came. */
  async function turnsAtEach(things: AsyncIterable<unknown>): Promise<readonly number[]> {
    const turns: number[] = [];
    for await (const _ of things) turns.push(others.turns);
    return turns;
  }

  it.each([
    ['parts of a transcript', () => repository.transcript('long', { includeInactive: false }, FULL_ACCESS)],
    ['sessions of a chain', () => repository.chain('chain-1', FULL_ACCESS)],
  ])('has a turn between two %s', async (_name, things) => {
    const turns = await turnsAtEach(things());
    expect(turns.length).toBeGreaterThan(2);
    expect(new Set(turns).size).toBe(turns.length);
  });

  it.each([
    [
      'a clean-up is told of',
      () => server.post('/v1/sessions/prune', { older_than: '1h', include_open: true }),
    ],
    ['sessions are counted', () => server.get('/v1/sessions/stats?time_zone=Asia/Tokyo')],
  ])('has turns while %s, which takes no long piece', async (_name, ask) => {
    const { index } = server.app.get(HermesProfiles, { strict: false }).main;
    const snapshot = index.snapshot.bind(index);
    const turns: number[] = [];
    index.snapshot = (read) => {
      turns.push(others.turns);
      return snapshot(read);
    };
    expect((await ask()).status).toBe(200);
    index.snapshot = snapshot;
    expect(new Set(turns).size).toBeGreaterThan(3);
  });

  it('has a turn between two pages of what a filter selects', async () => {
    const list = repository.list.bind(repository);
    const turns: number[] = [];
    repository.list = (request) => {
      turns.push(others.turns);
      return list(request);
    };
    await server.post('/v1/sessions/bulk', { action: 'archive', filter: {} });
    expect(turns.length).toBeGreaterThan(2);
    expect(new Set(turns).size).toBe(turns.length);
  });
});

describe('what a search found', () => {
  it('is read in its turn as it is then: what was compressed meanwhile is still the same conversation', async () => {
    const path = smallHistory(25);
    const server = await TestServer.onFile(path);
    const repository = server.app.get(SessionsRepository, { strict: false });
    const search = 'lighthouse OR tomatoes';
    const filter: SessionFilter = { access: FULL_ACCESS, search, archived: 'any', includeChildren: false };
    const read: (readonly string[])[] = [];
    for await (const { sessions, total } of repository.found({ filter, sort: 'started_at', limit: 1 })) {
      read.push(sessions.map(({ id }) => id));
      expect(total).toBe(2);
      if (read.length === 1) compress(path, 'chain-3', 'chain-4');
    }
    expect(read).toEqual([['plain'], ['chain-4']]);
    await server.close();
  });
});

function compress(path: string, from: string, into: string): void {
  const db = new Sqlite(path);
  db.prepare("UPDATE sessions SET ended_at = ?, end_reason = 'compression' WHERE id = ?").run(
    hour(500),
    from,
  );
  db.close();
  const writer = HistoryWriter.open(path);
  writer.addSession({ id: into, source: 'cli', parent_session_id: from, started_at: hour(500) });
  say(writer, into, 'user', 'Go on', hour(500));
  writer.close();
}
