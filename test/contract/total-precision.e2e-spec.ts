import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';

describe('how exact a total is asked for', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(smallHistory(25));
  });

  it.each(['', '&search=the', '&search=the&sort=-started_at'])(
    'makes no difference where there is little to count: %s',
    async (query) => {
      const exact = await server.json<SessionListResponse>(`/v1/sessions?limit=5${query}`);
      expect(await server.json(`/v1/sessions?limit=5${query}&total=about`)).toEqual(exact);
      expect(await server.json(`/v1/sessions?limit=5${query}&total=exact`)).toEqual(exact);
    },
  );

  it.each(['roughly', ''])('is refused where it is neither exact nor about: "%s"', async (total) => {
    const { status, body } = await server.get(`/v1/sessions?total=${total}`);
    expect(status).toBe(400);
    expect(body).toMatchObject({
      error: { param: 'total', message: 'total must be one of exact, about.' },
    });
  });
});
