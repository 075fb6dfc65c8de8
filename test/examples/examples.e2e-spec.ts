import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { HermesSessions } from '@hermes-sessions/client';
import { ConversationList } from '../../examples/vscode/src/conversation-list.js';
import { writeDemoHistory } from '../../src/demo/demo-history.js';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { atFileEnd } from '../support/file-end.js';
import { onceWritten } from '../support/histories.js';
import { NEWEST_FIRST, writeHome } from '../support/profiles.js';
import { describeWith } from '../support/needs.js';
import { ROOT } from '../support/root.js';
import { TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';
import { until } from '../support/wait.js';

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe('the examples', () => {
  let path: string;
  let server: TestServer;
  let url: string;

  beforeEach(async () => {
    path = onceWritten('demo', (file) => {
      writeDemoHistory(file, { conversations: 320, now: Date.now() / 1000, seed: 3 });
    });
    server = await TestServer.onFile(path);
    url = await server.app.getUrl();
  });

  afterEach(() => server.close());

  /** Runs an example as its first lines say. */
  function run(command: string, args: readonly string[], environment = {}): Promise<Outcome> {
    const env = { PATH: process.env.PATH ?? '', URL: url, KEY: TEST_KEY, ...environment };
    return new Promise((done) => {
      const child = execFile(command, [...args], { env, cwd: ROOT }, (_error, stdout, stderr) => {
        done({ code: child.exitCode ?? -1, stdout, stderr });
      });
    });
  }

  const totals = async (archived: string): Promise<number> =>
    (await server.json<SessionListResponse>(`/v1/sessions?limit=1&archived=${archived}`)).total;

  describe('hand-over', () => {
    const handOver = (...args: readonly string[]): Promise<Outcome> =>
      run(process.execPath, ['examples/hand-over/hand-over.mjs', ...args]);

    it('prints the id to resume a named conversation on', async () => {
      const { data } = await server.json<SessionListResponse>('/v1/sessions?limit=200');
      const named = data.find(({ title, chain_length: length }) => title !== null && length > 1) ?? data[0];
      const outcome = await handOver(named?.title ?? '');
      expect(outcome).toEqual({ code: 0, stdout: `${named?.id ?? ''}\n`, stderr: '' });
    });

    it('finds one whose id is in two profiles', async () => {
      const home = await TestServer.onFile(join(writeHome(), 'state.db'), { PROFILES: 'on' });
      await home.json('/v1/sessions');
      const args = ['examples/hand-over/hand-over.mjs', 'Title of twin'];
      const outcome = await run(process.execPath, args, { URL: await home.app.getUrl() });
      expect(outcome).toEqual({ code: 0, stdout: 'twin\n', stderr: '' });
      await home.close();
    });

    it('says that there is none', async () => {
      expect(await handOver('Nothing of that name')).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('no conversation called "Nothing of that name"'),
      });
      expect((await handOver()).code).toBe(2);
    });
  });

  describe('nightly', () => {
    const nightly = async (...args: readonly string[]): Promise<readonly Record<string, unknown>[]> => {
      const { code, stdout, stderr } = await run(
        process.execPath,
        ['examples/nightly/nightly.mjs', ...args],
        {
          ARCHIVE_AFTER: '10d',
          DELETE_AFTER: '40d',
        },
      );
      expect([code, stderr]).toEqual([0, '']);
      return stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    };

    it('logs the plan before it archives and deletes', async () => {
      const before = await totals('any');
      const log = await nightly('--yes');
      expect(log.map(({ step, action }) => [step, action])).toEqual([
        ['plan', 'archive'],
        ['done', 'archive'],
        ['plan', 'delete'],
        ['done', 'delete'],
      ]);
      const [planned, archived, , deleted] = log;
      expect(planned?.conversations).toBeGreaterThan(0);
      expect(planned?.first).toContainEqual({ id: expect.any(String), profile: 'default', origin: null });
      expect(archived?.conversations).toBe(planned?.conversations);
      expect(await totals('any')).toBe(before - Number(deleted?.conversations));
    });

    it('changes nothing unless it is told to', async () => {
      const before = [await totals('any'), await totals('true')];
      const log = await nightly();
      expect(log.map(({ step }) => step)).toEqual(['plan', 'plan']);
      expect([await totals('any'), await totals('true')]).toEqual(before);
    });
  });

  /** An address at which every request is answered the same. */
  async function answering(status: number, type: string, text: string): Promise<string> {
    const other = createServer((_request, response) => {
      response.writeHead(status, { 'content-type': type }).end(text);
    }).listen(0, '127.0.0.1');
    atFileEnd(() => other.close());
    await once(other, 'listening');
    return `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  }

  it('nightly ends with an error where something could not be deleted', async () => {
    const answer = {
      count: 1,
      messages: 2,
      conversations: [],
      plan: 'plan',
      remaining: 0,
      failed: [{ id: 'x' }],
    };
    const away = await answering(200, 'application/json', JSON.stringify(answer));
    const { code, stdout } = await run(process.execPath, ['examples/nightly/nightly.mjs', '--yes'], {
      URL: away,
    });
    expect(code).toBe(1);
    expect(stdout).toContain('"failed":[{"id":"x"}]');
  });

  describeWith(['python'], 'the Python example', () => {
    it.each<[string, () => string | Promise<string>, RegExp]>([
      ['nobody answers', () => 'http://127.0.0.1:9', /^.*refused.*\n$/],
      ['a proxy answers', () => answering(502, 'text/html', '<h1>Bad Gateway</h1>'), /^502 Bad Gateway\n$/],
    ])('says in a line that %s', async (_case, address, line) => {
      const { code, stderr } = await run('python3', ['examples/python/latest.py'], { URL: await address() });
      expect(code).toBe(1);
      expect(stderr).toMatch(line);
    });

    it('prints the newest conversations, and those of a search', async () => {
      const { data, total } = await server.json<SessionListResponse>('/v1/sessions?limit=10');
      const { code, stdout } = await run('python3', ['examples/python/latest.py']);
      expect(code).toBe(0);
      const lines = stdout.trim().split('\n');
      expect(lines).toHaveLength(11);
      expect(lines.at(-1)).toBe(`10 of ${total}`);
      expect(data.every(({ id }, at) => lines[at]?.includes(`  ${id}  `))).toBe(true);
      const found = await server.json<SessionListResponse>('/v1/sessions?limit=10&search=kubernetes');
      const search = await run('python3', ['examples/python/latest.py', 'kubernetes']);
      expect(search.stdout.trim().split('\n').at(-1)).toBe(`${found.data.length} of ${found.total}`);
    });

    it('says what the server refuses', async () => {
      const { code, stderr } = await run('python3', ['examples/python/latest.py'], {
        KEY: 'wrong-key-00000000',
      });
      expect(code).toBe(1);
      expect(stderr).toMatch(/API key/i);
    });
  });

  describe('vscode', () => {
    const listOf = (): ConversationList =>
      new ConversationList(new HermesSessions({ baseUrl: url, key: TEST_KEY }));

    it('shows the newest conversations, those of a search, and a conversation as Markdown', async () => {
      const list = listOf();
      const lines = await list.lines(Date.now());
      const { data } = await server.json<SessionListResponse>('/v1/sessions?limit=50');
      expect(lines.map(({ id }) => id)).toEqual(data.map(({ id }) => id));
      expect(
        lines.every(({ label, description }) => label !== '' && /ago|now|yesterday/.test(description)),
      ).toBe(true);
      list.search = 'kubernetes';
      const found = await list.lines(Date.now());
      expect(found.length).toBeGreaterThan(0);
      expect(found.length).toBeLessThan(lines.length);
      list.search = '';
      expect(await list.lines(Date.now())).toHaveLength(lines.length);
      const [newest] = lines;
      expect(newest && (await list.markdown(newest))).toMatch(/^# /);
    });

    it('shows each conversation of several profiles', async () => {
      const home = await TestServer.onFile(join(writeHome(), 'state.db'), { PROFILES: 'on' });
      await home.json('/v1/sessions');
      const list = new ConversationList(
        new HermesSessions({ baseUrl: await home.app.getUrl(), key: TEST_KEY }),
      );
      const lines = await list.lines(Date.now());
      expect(lines.map(({ id }) => id)).toEqual(NEWEST_FIRST);
      for (const line of lines) expect(await list.markdown(line)).toMatch(`# ${line.label}`);
      await home.close();
    });

    it('hears that something happened, until it is ended', async () => {
      const ended = new AbortController();
      let changes = 0;
      const following = listOf().follow(() => changes++, ended.signal);
      const writer = HistoryWriter.open(path);
      let number = 0;
      await until(() => {
        writer.addSession({ id: `new-${number++}`, source: 'cli', started_at: Date.now() / 1000 });
        return changes > 0;
      });
      writer.close();
      ended.abort();
      await following;
    });
  });
});
