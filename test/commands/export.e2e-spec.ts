import { readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { smallHistory } from '../support/histories.js';
import { CliProcess, type Outcome } from '../support/process.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { slowHistory } from '../support/slow-history.js';
import { until } from '../support/wait.js';

function run(stateDb: string, ...args: readonly string[]): Promise<Outcome> {
  return new CliProcess(['export', ...args], { STATE_DB: stateDb }, { cwd: temporaryFolder() }).ended;
}

describe('hermes-sessions export', () => {
  it('writes what the API answers, and nothing else, to standard output', async () => {
    const path = smallHistory(25);
    const server = await TestServer.start(path);
    const api = await server
      .post('/v1/sessions/export', { platform: ['cli'], lineage: true })
      .buffer(true)
      .parse((response, done) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => {
          done(null, text);
        });
      });
    await server.close();
    const { code, stdout } = await run(path, '--platform', 'cli', '--lineage');
    expect(code).toBe(0);
    expect(stdout).toBe(api.body);
    expect(stdout.split('\n').length).toBeGreaterThan(10);
  });

  it('writes a file for its owner alone, whole or not at all', async () => {
    const out = join(temporaryFolder(), 'all.jsonl.gz');
    const { code, stderr } = await run(smallHistory(16, 'delete'), '--out', out, '--gzip');
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^\d+ exported to /)]);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(gunzipSync(readFileSync(out)).toString()).toContain('"Garden irrigation"');
    expect(readdirSync(join(out, '..'))).toEqual(['all.jsonl.gz']);
  });

  it('leaves the history alone where its own name is given, and the disk as it was where a signal ends it', async () => {
    const path = slowHistory(200);
    const before = statSync(path).size;
    const own = await run(path, '--out', path);
    expect([own.code, own.stderr]).toEqual([1, expect.stringContaining('is a SQLite database')]);
    expect(statSync(path).size).toBe(before);
    const folder = temporaryFolder();
    const args = ['export', '--gzip', '--out', join(folder, 'all.jsonl.gz')];
    const stopped = new CliProcess(args, { STATE_DB: path }, { cwd: temporaryFolder() });
    await until(() => readdirSync(folder).length > 0, 'what is written');
    stopped.kill('SIGTERM');
    expect((await stopped.ended).signal).toBe('SIGTERM');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says nothing where whoever reads it has enough', async () => {
    const program = ['-o', 'pipefail', '-c', '"$@" | head -c 1', 'bash'];
    const outcome = await new CliProcess(
      ['export'],
      { STATE_DB: slowHistory() },
      { through: ['bash', ...program] },
    ).ended;
    expect(outcome).toMatchObject({ code: 1, stderr: '' });
  });

  it('takes several platforms, one after the other or separated by commas, as the API does', async () => {
    const path = smallHistory(25);
    const both = await run(path, '--platform', 'cli', 'discord');
    expect(new Set(both.stdout.match(/"platform":"[^"]+"/g))).toEqual(
      new Set(['"platform":"cli"', '"platform":"discord"']),
    );
    expect((await run(path, '--platform', 'cli, discord')).stdout).toBe(both.stdout);
    const { code, stderr } = await run(path, '--platform', 'cli,');
    expect([code, stderr]).toEqual([1, expect.stringContaining('platform')]);
  });

  it('says how many it wrote, also where it is none', async () => {
    const path = smallHistory(30);
    const out = join(temporaryFolder(), 'exported');
    const none = await run(path, '--out', out, '--platform', 'telgram');
    expect([none.code, none.stderr]).toEqual([0, `0 exported to ${out}\n`]);
    const one = await run(path, 'plain', '--format', 'markdown', '--out', out);
    expect([one.code, one.stderr]).toEqual([0, `1 exported to ${out}\n`]);
  });

  it.each([['--pinned'], ['--no-pinned']])('takes with %s what the list has with it', async (flag) => {
    const path = smallHistory(30);
    const server = await TestServer.onFile(path);
    await server.patch('/v1/sessions/plain', { pinned: true });
    const { data } = await server.json<SessionListResponse>(
      `/v1/sessions?limit=200&archived=any&pinned=${flag === '--pinned'}`,
    );
    await server.close();
    const { stdout } = await run(path, flag);
    const taken = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly object: string; readonly id: string })
      .filter(({ object }) => object === 'hermes.session');
    expect(data.length).toBeGreaterThan(0);
    expect(taken.map(({ id }) => id).sort()).toEqual(data.map(({ id }) => id).sort());
  });

  it('writes one session as a page', async () => {
    const { code, stdout } = await run(smallHistory(30), 'chain-3', '--format', 'markdown', '--lineage');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^# Novel draft\n/);
    expect(stdout).toContain('The keeper writes a letter');
  });

  it.each([
    [['--format', 'html'], /--format html is for a single session/],
    [['plain', '--format', 'pdf'], /format must be one of jsonl, json, markdown, html/],
    [['nobody'], /There is no session with this id/],
    [['--since', 'soon'], /since must be an ISO 8601 date/],
    [['plain', '--platform', 'cli'], /platform cannot be used together with ids/],
    [['plain', '--format', 'html', '--since', '2026-05-01'], /--since cannot be used with --format html/],
    [['plain', '--format', 'json', '--gzip'], /--gzip cannot be used with --format json/],
    [['plain', '--format', 'json', '--profile', 'work', 'home'], /--profile takes a single name/],
    [['--profile', 'wrok'], /There is no profile wrok\. Available profiles: default\./],
    [['--profile', 'default', 'plain'], /There is no profile plain\./],
    [['--out', tmpdir()], /^\S+ is a folder\. Give the path of a file\.$/m],
    [['--out', ''], /^The output file has no name\.$/m],
    [['--out', '/nowhere/x.jsonl'], /^\/nowhere\/x\.jsonl cannot be written: no such file or directory\.$/m],
  ])('says what is wrong with %j', async (args, sentence) => {
    const { code, stdout, stderr } = await run(smallHistory(25), ...args);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
