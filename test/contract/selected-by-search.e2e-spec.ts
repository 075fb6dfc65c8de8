import { join } from 'node:path';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import type { FoundRequest, SessionPageRequest } from '../../src/sessions/session-query.js';
import { SessionsRepository } from '../../src/sessions/sessions.repository.js';
import { ask } from '../support/ask.js';
import { bulk } from '../support/bulk.js';
import { writeProfile } from '../support/profiles.js';
import { temporaryFolder, TestServer } from '../support/server.js';

/** More than is exported in one go. */
const MANY = 130;

describe('what a search selects', () => {
  let server: TestServer;
  let searches: string[];

  beforeAll(async () => {
    const home = temporaryFolder();
    const sessionsOf = (letter: string, first: number): Readonly<Record<string, number>> =>
      Object.fromEntries(
        Array.from({ length: MANY }, (_session, at) => [`${letter}${at}`, first + (at % 50) * 3]),
      );
    writeProfile(home, sessionsOf('d', 0));
    writeProfile(join(home, 'profiles', 'coder'), sessionsOf('c', 1));
    server = await TestServer.start(join(home, 'state.db'), { PROFILES: 'on' });
    await server.json('/v1/sessions');
    const repository = server.app.get(SessionsRepository, { strict: false });
    const list = repository.list.bind(repository);
    const found = repository.found.bind(repository);
    repository.list = (request: SessionPageRequest) => {
      if (request.filter.search !== undefined) searches.push('list');
      return list(request);
    };
    repository.found = (request: FoundRequest) => {
      searches.push('found');
      return found(request);
    };
  });

  beforeEach(() => {
    searches = [];
  });

  afterAll(() => server.close());

  async function listed(query: string): Promise<readonly string[]> {
    const ids: string[] = [];
    for (let after: string | null = ''; after !== null;) {
      const page: SessionListResponse = await server.json(
        `/v1/sessions?limit=200&sort=started_at&${query}${after === '' ? '' : `&after=${after}`}`,
      );
      ids.push(...page.data.map(({ id }) => id));
      after = page.next_cursor;
    }
    searches = [];
    return ids;
  }

  it('is exported as it is listed, by one search', async () => {
    const ids = await listed('search=rhubarb');
    expect(ids).toHaveLength(2 * MANY);
    const response = await ask(server, '/v1/sessions/export', { search: 'rhubarb' });
    const lines = (await response.text()).split('\n').slice(0, -1);
    const records = lines.map((line) => JSON.parse(line) as { object: string; id: string });
    expect(records.filter(({ object }) => object !== 'hermes.message').map(({ id }) => id)).toEqual(ids);
    expect(searches).toEqual(['found']);
  });

  it('is told of by one search, and changed by one more', async () => {
    const body = { action: 'archive', filter: { search: 'rhubarb' } };
    const { remaining, plan } = await bulk(server, body);
    expect([remaining, searches]).toEqual([2 * MANY, ['found']]);
    const done = await bulk(server, { ...body, dry_run: false, plan });
    expect([done.succeeded, done.failed, done.remaining]).toEqual([MANY, 0, MANY]);
    expect(searches).toEqual(['found', 'found']);
    expect(await listed('search=rhubarb')).toHaveLength(MANY);
  });
});
