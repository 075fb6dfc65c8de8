import { get, type IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { ask } from '../../support/ask.js';
import { smallHistory } from '../../support/histories.js';
import { TestListener } from '../../support/listener.js';
import { TestServer } from '../../support/server.js';
import { TEST_KEY } from '../../support/test-key.js';

/** What came over the wire. */
interface Raw {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const DECODERS = { br: brotliDecompressSync, gzip: gunzipSync } as const;

describe('compressed answers', () => {
  let server: TestServer;
  let url: string;

  beforeAll(async () => {
    server = await TestServer.start(smallHistory(25));
    url = await server.app.getUrl();
  });

  afterAll(() => server.close());

  const read = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Raw> =>
    new Promise((resolve, reject) => {
      const sent = get(url + path, { headers: { authorization: `Bearer ${TEST_KEY}`, ...headers } });
      sent.on('error', reject);
      sent.on('response', (response) => {
        buffer(response).then(
          (body) => {
            resolve({ status: response.statusCode, headers: response.headers, body });
          },
          (error: unknown) => {
            reject(new Error('The answer ended early.', { cause: error }));
          },
        );
      });
    });

  it.each(['br', 'gzip'] as const)('say the same in %s, in fewer bytes', async (coding) => {
    for (const path of ['/v1/sessions', '/v1/sessions/stats', '/api/sessions', '/openapi.json']) {
      const plain = await read(path);
      const compressed = await read(path, { 'accept-encoding': coding });
      expect(plain.headers['content-encoding']).toBeUndefined();
      expect(compressed.headers['content-encoding']).toBe(coding);
      expect(DECODERS[coding](compressed.body).equals(plain.body)).toBe(true);
      expect(compressed.body.length).toBeLessThan(plain.body.length);
    }
  });

  it('are what a browser is given, and nobody who does not say that they are understood', async () => {
    for (const accepted of ['gzip, deflate, br, zstd', 'br;q=0.5, gzip;q=0.5'])
      expect((await read('/v1/sessions', { 'accept-encoding': accepted })).headers['content-encoding']).toBe(
        'br',
      );
    for (const accepted of [
      'identity',
      'deflate',
      'br;q=0, gzip;q=0',
      'identity;q=1, gzip;q=0.5',
      'br;q=0.5, gzip;q=0.8, identity',
    ]) {
      const { headers } = await read('/v1/sessions', { 'accept-encoding': accepted });
      expect([accepted, headers['content-encoding']]).toEqual([accepted, undefined]);
    }
  });

  it('are told apart from others by caches, also where an answer is too small to be one', async () => {
    for (const path of ['/v1/sessions', '/livez', '/v1/sessions/nobody']) {
      const { headers, body } = await read(path, { 'accept-encoding': 'br' });
      expect([path, headers.vary?.toLowerCase()]).toEqual([path, 'accept-encoding']);
      expect([path, headers['content-encoding']]).toEqual([path, path === '/v1/sessions' ? 'br' : undefined]);
      expect(Number(headers['content-length'])).toBe(body.length);
    }
  });

  it('have the tag of what they say, as a weak one, which is known again in every form', async () => {
    for (const path of ['/v1/sessions', '/v1/sessions/stats']) {
      const { etag = '' } = (await read(path)).headers;
      const compressed = await read(path, { 'accept-encoding': 'br' });
      expect(compressed.headers.etag).toBe(`W/${etag}`);
      for (const known of [etag, `W/${etag}`])
        for (const coding of ['br', 'identity']) {
          const again = await read(path, { 'if-none-match': known, 'accept-encoding': coding });
          expect([again.status, again.body.length, again.headers['content-encoding']]).toEqual([
            304,
            0,
            undefined,
          ]);
        }
    }
    const { headers } = await read('/v1/sessions/chain-3', { 'accept-encoding': 'br' });
    const changed = await server
      .patch('/v1/sessions/chain-3', { pinned: true })
      .set('If-Match', headers.etag ?? '');
    expect(changed.status).toBe(200);
  });

  it('are not made of what is written while it is read: files and events', async () => {
    const exported = await read('/v1/sessions/plain/export?format=json', { 'accept-encoding': 'br' });
    expect(exported.headers['content-encoding']).toBeUndefined();
    expect(JSON.parse(exported.body.toString())).toMatchObject({ sessions: [{ id: 'plain' }] });
    const many = await ask(server, '/v1/sessions/export', { ids: ['plain'] });
    expect([many.headers.get('content-encoding'), await many.text()]).toEqual([
      null,
      expect.stringContaining('plain'),
    ]);
    const listener = await TestListener.to(server, '/v1/sessions/events');
    expect(listener.response.headers['content-encoding']).toBeUndefined();
    listener.leave();
  });

  it('are not taken for requests: a small one could become a large one', async () => {
    const response = await fetch(`${url}/v1/sessions/bulk`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${TEST_KEY}`,
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      },
      body: '{"action":"pin","ids":["plain"]}',
    });
    expect(response.status).toBe(415);
  });

  it('the API page comes in a fifth of its size, from files that were compressed when it was built', async () => {
    const paths = ['/docs', '/docs/swagger-ui-bundle.js', '/docs/swagger-ui-standalone-preset.js'];
    const all = [...paths, '/docs/swagger-ui.css', '/docs/swagger-ui-init.js'];
    let [plain, compressed] = [0, 0];
    for (const path of all) {
      const [as, br] = [await read(path), await read(path, { 'accept-encoding': 'gzip, br' })];
      expect([path, as.status, br.status]).toEqual([path, 200, 200]);
      if (br.headers['content-encoding'] === 'br')
        expect(brotliDecompressSync(br.body).equals(as.body)).toBe(true);
      plain += as.body.length;
      compressed += br.body.length;
    }
    expect(compressed).toBeLessThan(plain / 4);
    const icon = await read('/docs/favicon-32x32.png', { 'accept-encoding': 'br' });
    expect([icon.status, icon.headers['content-encoding']]).toEqual([200, undefined]);
  });
});
