import { smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';

/** Ids of nothing that is there, most of which are no text that was escaped. */
const IDS = ['a%', '%zz', '%ff', 'a%e4%bc', '%00'];

const WAYS = [
  ['get', '', undefined],
  ['get', '/messages', undefined],
  ['patch', '', { title: 'Another' }],
  ['delete', '', undefined],
] as const;

describe("an id that cannot be read, in a path of Hermes's", () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(smallHistory(25));
  });

  afterAll(() => server.close());

  it.each([
    ['/dashboard/api/sessions', ['detail']],
    ['/api/sessions', ['error']],
    ['/p/default/api/sessions', ['error']],
  ])('is one that nothing has, in the words of %s', async (base, form) => {
    for (const [method, rest, body] of WAYS) {
      // The dashboard calls it no failure to delete what is not there.
      const { status: usual, body: said } = await server.send(method, `${base}/nothing${rest}`, body);
      if (usual !== 200) expect([usual, Object.keys(said as object)]).toEqual([404, form]);
      for (const id of IDS) {
        const path = `${base}/${id}${rest}`;
        const { status, body: answer } = await server.send(method, path, body);
        expect([method, path, status, Object.keys(answer as object)]).toEqual([
          ...[method, path, usual, Object.keys(said as object)],
        ]);
        expect(JSON.stringify(answer)).not.toContain('bad_request');
      }
    }
  });

  it.each(['/dashboard/api/sessions', '/api/sessions', '/p/default/api/sessions'])(
    'leads nobody past the key: %s',
    async (base) => {
      const usual = await server.as('wrong-key-0123456789').get(`${base}/nothing`);
      for (const id of IDS) {
        const { status, body } = await server.as('wrong-key-0123456789').get(`${base}/${id}`);
        expect([id, status, body]).toEqual([id, 401, usual.body]);
      }
    },
  );
});
