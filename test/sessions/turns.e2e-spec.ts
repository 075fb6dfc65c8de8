import { setImmediate as nextTurn } from 'node:timers/promises';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { FULL_ACCESS } from '../../src/sessions/session-access.js';
import { SessionsRepository } from '../../src/sessions/sessions.repository.js';
import { hour, smallHistory, withManySessions } from '../support/histories.js';
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
