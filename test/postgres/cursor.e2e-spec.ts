import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';

describe('a cursor whose history is changed', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(smallHistory(25));
  });

  afterAll(() => server.close());

  async function statusWith(query: string, profile: string): Promise<readonly [number, unknown]> {
    const { next_cursor: cursor } = await server.json<SessionListResponse>(`/v1/sessions?limit=1&${query}`);
    const fields = JSON.parse(Buffer.from(cursor ?? '', 'base64url').toString()) as unknown[];
    const changed = Buffer.from(JSON.stringify([...fields.slice(0, 4), profile])).toString('base64url');
    const { status, body } = await server.get(`/v1/sessions?limit=1&${query}&after=${changed}`);
    return [status, body];
  }

  const QUERIES = ['', 'include_children=true', 'sort=started_at', 'search=the&sort=-started_at'];

  it.each(['1.5', '1e300', '2147483648', '99999999999', '-1', 'default', '', ' 1'])(
    'to %p is none of this list',
    async (profile) => {
      for (const query of QUERIES) {
        expect([query, await statusWith(query, profile)]).toMatchObject([
          query,
          [400, { error: { param: 'after', code: 'invalid_cursor' } }],
        ]);
      }
    },
  );

  it('to another number is a place like any other', async () => {
    for (const query of QUERIES) expect((await statusWith(query, '2147483647'))[0]).toBe(200);
  });
});
