import { jest } from '@jest/globals';
import { DomainError } from '../../src/domain/errors.js';
import { ApiError } from '../../src/http/errors.js';
import { SessionsRepository } from '../../src/sessions/sessions.repository.js';
import { smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';

describe("a deletion of many in the words of Hermes's dashboard", () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(smallHistory(25));
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  afterAll(() => server.close());

  it.each(['store_unavailable', 'store_corrupt', 'store_busy'] as const)(
    'says %s where its history refuses all of them for that',
    async (code) => {
      const repository = server.app.get(SessionsRepository, { strict: false });
      const reason = new DomainError(code, { message: `It is ${code}.` });
      jest
        .spyOn(repository, 'bulk')
        .mockImplementation(({ ids }) => Promise.resolve(ids.map((id) => ({ kind: 'refused', id, reason }))));
      const usual = await server.post('/v1/sessions/bulk', { action: 'delete', ids: ['plain'] });
      expect(usual.body).toMatchObject({ data: [{ error: { code } }] });
      const { status, headers, body } = await server.post('/dashboard/api/sessions/bulk-delete', {
        ids: ['plain'],
      });
      const { retryAfter } = new ApiError(code);
      expect([status, headers['retry-after'], body]).toEqual([
        503,
        String(retryAfter),
        { detail: `It is ${code}.` },
      ]);
    },
  );

  it('says how many went where one of them is refused', async () => {
    const ids = ['plain', 'nope'];
    const { status, body } = await server.post('/dashboard/api/sessions/bulk-delete', { ids });
    expect([status, body]).toEqual([200, { ok: true, deleted: 1 }]);
  });
});
