import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer, request as plainRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { FIRST_WORD } from '../../src/upstream/upstream-client.js';
import { freePort } from '../support/free-port.js';
import { smallHistory } from '../support/histories.js';
import { describeWith } from '../support/needs.js';
import { ServedHistory } from '../support/served.js';
import { temporaryFolder } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';
import { until } from '../support/wait.js';

const EXAMPLE = resolve(import.meta.dirname, '../../docs/operations/nginx.conf');

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Many operators switch it on for all of their sites. */
const COMPRESSION = 'gzip on; gzip_types application/json; gzip_proxied any; gzip_min_length 100;';

/** The documented example on free ports, with a certificate of its own, as a process of its own. */
class Nginx {
  #child: ChildProcess | undefined;
  readonly #folder = temporaryFolder();
  #tlsPort = 0;
  #plainPort = 0;

  /** @param edit what else is changed in the example. */
  async start(upstreamPort: number, edit = (example: string): string => example): Promise<void> {
    [this.#tlsPort, this.#plainPort] = [await freePort(), await freePort()];
    const at = (name: string): string => join(this.#folder, name);
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-days',
        '1',
        '-subj',
        '/CN=localhost',
        '-keyout',
        at('key.pem'),
        '-out',
        at('cert.pem'),
      ],
      { stdio: 'ignore' },
    );
    const example = edit(readFileSync(EXAMPLE, 'utf8'))
      .replace('listen 80;', `listen 127.0.0.1:${this.#plainPort};`)
      .replace('listen 443 ssl http2;', `listen 127.0.0.1:${this.#tlsPort} ssl http2;`)
      .replace('127.0.0.1:8643', `127.0.0.1:${upstreamPort}`)
      .replace('/etc/ssl/certs/hermes.example.com.pem', at('cert.pem'))
      .replace('/etc/ssl/private/hermes.example.com.key', at('key.pem'));
    writeFileSync(at('site.conf'), example);
    mkdirSync(at('tmp'));
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${at(`tmp/${name}`)};`)
      .join('\n');
    // Started by root, its workers are somebody else otherwise, who may not enter a temporary folder.
    const user = process.getuid?.() === 0 ? 'user root;\n' : '';
    writeFileSync(
      at('nginx.conf'),
      `${user}pid ${at('nginx.pid')};\nerror_log ${at('error.log')};\nevents {}\nhttp {\naccess_log ${at('access.log')};\n${COMPRESSION}\n${paths}\ninclude ${at('site.conf')};\n}\n`,
    );
    const args = ['-p', this.#folder, '-c', at('nginx.conf'), '-e', at('error.log')];
    execFileSync('nginx', [...args, '-t'], { stdio: 'pipe' });
    this.#child = spawn('nginx', [...args, '-g', 'daemon off;'], { stdio: 'inherit' });
    await until(
      () =>
        this.get('/readyz').then(
          () => true,
          () => false,
        ),
      'nginx',
    );
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.#send('GET', path, headers);
  }

  #send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<Answer> {
    return new Promise((done, failed) => {
      request(
        {
          host: '127.0.0.1',
          port: this.#tlsPort,
          path,
          method,
          headers: { authorization: `Bearer ${TEST_KEY}`, ...headers },
          rejectUnauthorized: false,
        },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => {
            done({ status: response.statusCode, headers: response.headers, body: text });
          });
        },
      )
        .on('error', failed)
        .end(body);
    });
  }

  post(path: string, body: string): Promise<Answer> {
    return this.#send('POST', path, { 'content-type': 'application/json' }, body);
  }

  patch(path: string, body: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.#send('PATCH', path, { 'content-type': 'application/json', ...headers }, body);
  }

  /** Where plain HTTP is sent on to. */
  plainLocation(path: string): Promise<string | undefined> {
    return new Promise((done, failed) => {
      plainRequest(
        { host: '127.0.0.1', port: this.#plainPort, path, headers: { host: 'a.example' } },
        (response) => {
          response.resume();
          done(response.headers.location);
        },
      )
        .on('error', failed)
        .end();
    });
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.#child?.once('close', done));
    this.#child?.kill('SIGQUIT');
    await ended;
  }
}

describeWith(['nginx', 'openssl'], 'the documented nginx example', () => {
  const nginx = new Nginx();
  let server: ServedHistory;

  beforeAll(async () => {
    server = await ServedHistory.start(smallHistory(25), { BASE_PATH: '/hermes', TRUST_PROXY: 'loopback' });
    await nginx.start(server.port);
  });

  afterAll(async () => {
    await nginx.stop();
    await server.stop();
  });

  it('passes requests on under the path, over TLS, with the caller’s address', async () => {
    const list = await nginx.get('/hermes/v1/sessions?limit=2', {
      'x-forwarded-for': '198.51.100.9',
      'x-request-id': 'not-taken-over',
    });
    expect([list.status, (JSON.parse(list.body) as { data: unknown[] }).data.length]).toEqual([200, 2]);
    expect(list.headers['strict-transport-security']).toBe('max-age=31536000');
    expect(list.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
    // What the caller claims is not believed: nginx says where the request came from.
    await server.process.printed(/"path":"\/hermes\/v1\/sessions"[^\n]*"remote_address":"127\.0\.0\.1"/);
    expect((await nginx.get('/v1/sessions')).status).toBe(404);
  });

  it('leaves ids as they are', async () => {
    const id = 'odd/id "quoted" 🚀';
    const { status, body } = await nginx.get(`/hermes/v1/sessions/${encodeURIComponent(id)}`);
    expect([status, (JSON.parse(body) as { id: string }).id]).toEqual([200, id]);
  });

  it('leaves limits and conditions to the server', async () => {
    const long = await nginx.get(`/hermes/v1/sessions?search=${encodeURIComponent('🚀'.repeat(2048))}`);
    expect(long.status).toBe(200);
    const large = await nginx.patch('/hermes/v1/sessions/plain', `{"title": "${'x'.repeat(70_000)}"}`);
    expect([large.status, large.body]).toEqual([413, expect.stringContaining('payload_too_large')]);
    const { headers } = await nginx.get('/hermes/v1/sessions/plain');
    const again = await nginx.get('/hermes/v1/sessions/plain', { 'if-none-match': String(headers.etag) });
    expect(again.status).toBe(304);
  });

  it('lets through what is large where the server takes it, and refuses the rest in its form', async () => {
    const mebibyte = 1024 * 1024;
    const sessions = (bytes: number): string => `{"sessions": [{"id": "${'x'.repeat(bytes)}"}]}`;
    for (const [path, bytes, status, said] of [
      ['/hermes/dashboard/api/sessions/import', 24 * mebibyte, 400, 'size limit'],
      ['/hermes/api/sessions/import', 25 * mebibyte, 413, 'payload_too_large'],
      ['/hermes/v1/chat/completions', 4096, 501, 'agent_needed'],
      ['/hermes/v1/chat/completions', 10 * mebibyte, 413, 'payload_too_large'],
      ['/hermes/v1/sessions/bulk', mebibyte, 413, 'payload_too_large'],
    ] as const) {
      const answer = await nginx.post(path, sessions(bytes));
      expect([path, answer.status, answer.headers['content-type']]).toEqual([
        ...[path, status, expect.stringContaining('application/json')],
      ]);
      expect(answer.body).toContain(said);
    }
  });

  it('may compress, which makes tags weak, and conditions hold all the same', async () => {
    const path = '/hermes/v1/sessions/plain';
    const { headers } = await nginx.get(path, { 'accept-encoding': 'gzip' });
    const tag = String(headers.etag);
    expect([headers['content-encoding'], tag.slice(0, 3)]).toEqual(['gzip', 'W/"']);
    expect((await nginx.get(path, { 'if-none-match': tag })).status).toBe(304);
    expect((await nginx.patch(path, '{"pinned": true}', { 'if-match': tag })).status).toBe(200);
    expect((await nginx.patch(path, '{"pinned": false}', { 'if-match': tag })).status).toBe(412);
  });

  it('serves the API page and document', async () => {
    expect((await nginx.get('/hermes/docs')).status).toBe(200);
    expect(JSON.parse((await nginx.get('/hermes/openapi.json')).body)).toMatchObject({
      servers: [{ url: '/hermes' }],
    });
  });

  it('sends plain HTTP to TLS', async () => {
    expect(await nginx.plainLocation('/hermes/v1/sessions?limit=1')).toBe(
      'https://a.example/hermes/v1/sessions?limit=1',
    );
  });

  it('has the probe, and answers with the envelope while the server is away', async () => {
    expect(await nginx.get('/readyz')).toMatchObject({
      status: 200,
      body: '{"status":"ready","reason":null}',
    });
    await server.stop();
    for (const path of ['/readyz', '/hermes/v1/sessions', '/hermes/v1/sessions/events']) {
      const { status, headers, body } = await nginx.get(path);
      expect([path, status, headers['retry-after']]).toEqual([path, 503, '5']);
      expect(JSON.parse(body)).toMatchObject({ error: { type: 'service_unavailable' } });
    }
  });
});

describeWith(['nginx', 'openssl'], 'the documented nginx example before an agent', () => {
  it('waits longer than the server does', () => {
    const [, seconds] = /proxy_read_timeout (\d+)s;/.exec(readFileSync(EXAMPLE, 'utf8')) ?? [];
    expect(Number(seconds) * 1000).toBeGreaterThan(FIRST_WORD);
  });

  it('says of what was not answered in time that it may go on, and not that it is to be sent again', async () => {
    const nginx = new Nginx();
    const agent = createServer((asked, answer) => {
      if (asked.url === '/hermes/readyz') answer.end();
    });
    await new Promise<void>((listens) => agent.listen(0, '127.0.0.1', listens));
    try {
      await nginx.start((agent.address() as AddressInfo).port, (example) =>
        example.replace(/proxy_read_timeout \d{3}s/, 'proxy_read_timeout 1s'),
      );
      const { status, headers, body } = await nginx.post('/hermes/v1/chat/completions', '{}');
      expect([status, headers['content-type'], headers['retry-after']]).toEqual([
        504,
        'application/json',
        undefined,
      ]);
      expect(JSON.parse(body)).toMatchObject({
        error: { message: expect.stringContaining('may still go on') },
      });
    } finally {
      await nginx.stop();
      agent.closeAllConnections();
      agent.close();
    }
  });
});
