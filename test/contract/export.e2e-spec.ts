import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Sqlite from 'better-sqlite3';
import { parse } from 'content-disposition';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { writeDemoHistory } from '../../src/demo/demo-history.js';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { LAYOUTS } from '../support/breadth.js';
import type { MessageListResponse } from '../../src/sessions/dto/message-list.response.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { ask } from '../support/ask.js';
import { HOSTILE_TEXTS, INTRICATE_TEXTS } from '../support/hostile.js';
import { hour, historyWithLongSession, smallHistory } from '../support/histories.js';
import { liveThings } from '../support/live-html.js';
import { writeProfile } from '../support/profiles.js';
import { temporaryFolder, TestServer } from '../support/server.js';

interface Line {
  readonly object: string;
  readonly id: unknown;
  readonly session_id?: string;
}

async function linesOf(response: Response): Promise<readonly Line[]> {
  expect(response.status).toBe(200);
  const text = await response.text();
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

describe.each(LAYOUTS)('one session taken out, on schema version %i', (version) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(smallHistory(version));
  });

  afterAll(() => server.close());

  it.each(['plain', 'chain-2', 'branch', 'archived', 'empty'])(
    'has in JSON Lines what reading %s answers',
    async (id) => {
      const response = await ask(server, `/v1/sessions/${id}/export`);
      expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
      const { filename } = parse(response.headers.get('content-disposition') ?? '').parameters;
      expect(filename).toMatch(new RegExp(`^${id}(-[\\w]+)?\\.jsonl$`));
      const [session, ...messages] = await linesOf(response);
      expect(session).toEqual(await server.json(`/v1/sessions/${id}`));
      const { data } = await server.json<MessageListResponse>(`/v1/sessions/${id}/messages?limit=500`);
      expect(messages).toEqual(data.map((message) => ({ ...message, session_id: id })));
    },
  );

  it('has the same in one JSON document', async () => {
    const [session, ...messages] = await linesOf(await ask(server, '/v1/sessions/plain/export'));
    const document: unknown = await (await ask(server, '/v1/sessions/plain/export?format=json')).json();
    expect(document).toEqual({
      object: 'hermes.session.export',
      sessions: [{ ...session, messages }],
    });
  });

  it('is taken with its whole chain where that is asked for', async () => {
    const lines = await linesOf(await ask(server, '/v1/sessions/chain-3/export?lineage=true'));
    expect(
      lines.map(({ object, id, session_id }) => (object === 'hermes.session' ? id : `of ${session_id}`)),
    ).toEqual(['chain-1', 'chain-2', 'chain-3'].flatMap((id) => [id, `of ${id}`, `of ${id}`]));
    const { sessions } = (await (
      await ask(server, '/v1/sessions/chain-3/export?lineage=true&format=json')
    ).json()) as { sessions: readonly { id: string; messages: readonly unknown[] }[] };
    expect(sessions.map(({ id, messages }) => [id, messages.length])).toEqual([
      ['chain-1', 2],
      ['chain-2', 2],
      ['chain-3', 2],
    ]);
  });

  it('reads well as Markdown and as HTML', async () => {
    const markdown = await (await ask(server, '/v1/sessions/plain/export?format=markdown')).text();
    expect(markdown).toMatch(/^# Garden irrigation\n\n- \*\*Session:\*\* plain\n- \*\*Platform:\*\* cli\n/);
    expect(markdown).toContain(
      '### User · 2026\\-05\\-01 01\\:00\\:00 UTC\n\nHow often should I water \\<b\\>tomatoes\\</b\\> \\& basil?',
    );
    expect(markdown).toContain(
      '<details><summary>Tool call: weather</summary>\n\n```json\n{}\n```\n\n</details>',
    );
    const html = await (await ask(server, '/v1/sessions/plain/export?format=html')).text();
    expect(html).toMatch(/^<!doctype html>\n[\s\S]*<title>Garden irrigation<\/title>[\s\S]*<\/html>\n$/);
    expect(html).toContain(
      '<p class="typed" dir="auto">How often should I water &lt;b&gt;tomatoes&lt;/b&gt; &amp; basil?</p>',
    );
    expect(html).toContain('<details><summary>Reasoning</summary>');
  });
});

describe('exports', () => {
  it('keep the lines of what people typed, and take the Markdown of models alone for Markdown', async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'lines', source: 'cli', started_at: hour(20) });
    for (const role of ['user', 'assistant', 'system'])
      writer.addMessage({
        session_id: 'lines',
        role,
        content: `${role}: *one*\n  two\n\nthree`,
        timestamp: hour(20),
      });
    writer.close();
    const server = await TestServer.start(path);
    const html = await (await ask(server, '/v1/sessions/lines/export?format=html')).text();
    for (const role of ['user', 'system'])
      expect(html).toContain(`<p class="typed" dir="auto">${role}: *one*\n  two\n\nthree</p>`);
    expect(html).toContain('<p>assistant: <em>one</em>\ntwo</p>\n<p>three</p>');
    const markdown = await (await ask(server, '/v1/sessions/lines/export?format=markdown')).text();
    expect(markdown).toContain('user: \\*one\\*\\\n\u00a0\u00a0two\n\nthree\n');
    expect(markdown).toContain('assistant: *one*\n  two\n\nthree\n');
    await server.close();
  });

  it('tell in a line what a tool was called for and how it ended, and show what it said without its wrapping', async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'tools', source: 'cli', started_at: hour(20) });
    const call = { id: 'c1', function: { name: 'terminal', arguments: '{"command":"make <all>"}' } };
    writer.addMessage({
      ...{ session_id: 'tools', role: 'assistant', content: '', timestamp: hour(20) },
      tool_calls: JSON.stringify([call]),
    });
    writer.addMessage({
      ...{
        session_id: 'tools',
        role: 'tool',
        timestamp: hour(20),
        tool_call_id: 'c1',
        tool_name: 'terminal',
      },
      content: JSON.stringify({ output: '\u001b[31mERROR\u001b[0m <1>\n', exit_code: 2, error: null }),
    });
    writer.close();
    const server = await TestServer.start(path);
    const html = await (await ask(server, '/v1/sessions/tools/export?format=html')).text();
    expect(html).toContain('<summary>Tool call: terminal · $ make &lt;all&gt;</summary>');
    expect(html).toContain(
      '<summary>Result · exit 2</summary>\n<pre dir="auto"><code>ERROR &lt;1&gt;\n</code></pre>',
    );
    const markdown = await (await ask(server, '/v1/sessions/tools/export?format=markdown')).text();
    expect(markdown).toContain('<summary>Result · exit 2</summary>\n\n```\nERROR <1>\n```');
    await server.close();
  });

  it('keep pictures and show nothing but text of what is hostile', async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.addSession({
      id: 'hostile',
      source: '<script>alert(1)</script>',
      model: '"><img src=x onerror=alert(1)>',
      title: '</title><script>alert(1)</script> [x](javascript:alert(1))',
      started_at: hour(20),
    });
    let count = 0;
    HOSTILE_TEXTS.forEach((text, at) => {
      // Of models alone Markdown is read, so that no other role makes what is intricate any harder.
      const roles = INTRICATE_TEXTS.includes(text)
        ? ['assistant']
        : ['user', 'assistant', 'tool', '<script>'];
      for (const role of roles) {
        count++;
        writer.addMessage({
          session_id: 'hostile',
          role,
          content: at % 2 === 0 ? text : `\u0000json:${JSON.stringify([{ type: 'text', text }])}`,
          timestamp: hour(20) + at,
          tool_name: role === 'tool' ? '</summary><script>alert(1)</script>\n\n<b>' : null,
          reasoning: text,
          tool_calls:
            role === 'assistant'
              ? JSON.stringify([{ function: { name: text.slice(0, 300), arguments: text } }])
              : null,
        });
      }
    });
    const images = [
      PIXEL,
      'https://pictures.example/cat.png',
      'data:image/svg+xml;base64,PHN2Zz4=',
      'javascript:alert(1)',
      `${PIXEL}" onload="alert(1)`,
    ];
    writer.addMessage({
      session_id: 'hostile',
      role: 'user',
      content: `\u0000json:${JSON.stringify(images.map((url) => ({ type: 'image_url', image_url: { url } })))}`,
      timestamp: hour(21),
    });
    writer.close();
    const server = await TestServer.start(path);
    const html = await (await ask(server, '/v1/sessions/hostile/export?format=html')).text();
    expect(liveThings(html)).toEqual([]);
    expect(html.match(/<img src="data:/g)).toHaveLength(1);
    expect(html).toContain(`<img src="${PIXEL}"`);
    expect(html).toContain('<a href="https://pictures.example/cat.png"');
    expect(html).toContain('default-src &#39;none&#39;');
    expect(html.match(/<article/g)).toHaveLength(count + 1);
    const markdown = await (await ask(server, '/v1/sessions/hostile/export?format=markdown')).text();
    expect(markdown).toContain(`![picture](${PIXEL})`);
    const viewed = micromark(markdown, {
      extensions: [gfm()],
      htmlExtensions: [gfmHtml()],
      allowDangerousHtml: true,
      allowDangerousProtocol: true,
    });
    expect(liveThings(viewed)).toEqual([]);
    // Each message ends where it ends, so that every one has its own heading.
    expect(viewed.match(/<h3>/g)).toHaveLength(count + 1);
    await server.close();
  }, 60_000);

  it('keep recordings, and show nothing encoded', async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'sound', source: 'cli', started_at: hour(20) });
    const parts = [
      { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
      { type: 'file', file: { file_data: 'QUJD'.repeat(500) } },
    ];
    writer.addMessage({
      ...{ session_id: 'sound', role: 'user', timestamp: hour(20) },
      content: `\u0000json:${JSON.stringify(parts)}`,
    });
    writer.close();
    const server = await TestServer.start(path);
    const html = await (await ask(server, '/v1/sessions/sound/export?format=html')).text();
    expect(html).toContain(
      '<audio controls src="data:audio/wav;base64,UklGRg==" title="recording, 6 B"></audio>',
    );
    expect(liveThings(html)).toEqual([]);
    const markdown = await (await ask(server, '/v1/sessions/sound/export?format=markdown')).text();
    expect(markdown).toContain('\\[recording, 6 B\\]');
    for (const page of [html, markdown]) {
      expect(page).toContain('file, 2 kB');
      expect(page).not.toContain('QUJDQUJD');
    }
    await server.close();
  });

  it('take out a long session in order and in little memory', async () => {
    const path = smallHistory(25, 'delete');
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'long', source: 'cli', started_at: hour(30) });
    writer.together(() => {
      for (let at = 0; at < 10_000; at++) {
        const content = at % 1000 === 7 ? 'x'.repeat(3_500_000) : `Message ${at} ${'word '.repeat(20)}`;
        // Of what a tool said only the beginning is indexed, which takes a fifth of the time.
        const role = at % 1000 === 7 ? 'tool' : 'user';
        writer.addMessage({ session_id: 'long', role, content, timestamp: hour(30) + at });
      }
    });
    writer.close();
    const server = await TestServer.start(path);
    const before = process.memoryUsage.rss();
    let most = 0;
    let bytes = 0;
    let lines = 0;
    const { body } = await ask(server, '/v1/sessions/long/export');
    if (body === null) throw new Error('There is no body.');
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      for (const byte of chunk) if (byte === 10) lines++;
      most = Math.max(most, process.memoryUsage.rss());
    }
    expect(lines).toBe(10_001);
    expect(bytes).toBeGreaterThan(36_000_000);
    // The whole would be 36 MB of text several times over.
    expect(most - before).toBeLessThan(150_000_000);
    await server.close();
  }, 120_000);

  it('end early, and not as if they were whole, where the session is deleted meanwhile', async () => {
    const server = await TestServer.start(historyWithLongSession());
    const response = await ask(server, '/v1/sessions/long/export');
    const reader = response.body?.getReader();
    await reader?.read();
    expect((await server.delete('/v1/sessions/long')).status).toBe(200);
    await expect(
      (async () => {
        for (;;) if ((await reader?.read())?.done !== false) return;
      })(),
    ).rejects.toThrow();
    expect((await server.get('/livez')).status).toBe(200);
    await server.close();
  }, 60_000);

  it.each([
    ['/v1/sessions/nobody/export', 404, 'session_not_found', null],
    ['/v1/sessions/plain/export?format=pdf', 400, 'invalid_parameter', 'format'],
    ['/v1/sessions/plain/export?linage=true', 400, 'unknown_parameter', 'linage'],
  ])('refuse %s', async (path, status, code, param) => {
    const server = await TestServer.start(smallHistory(25));
    const response = await server.get(path);
    expect([response.status, response.body]).toMatchObject([status, { error: { code, param } }]);
    await server.close();
  });
});

describe('a selection taken out', () => {
  let path: string;
  let server: TestServer;

  beforeAll(async () => {
    path = join(temporaryFolder(), 'state.db');
    writeDemoHistory(path, { conversations: 350, now: 1_779_278_400, seed: 3 });
    server = await TestServer.start(path);
  });

  afterAll(() => server.close());

  const idsIn = (lines: readonly Line[]): readonly unknown[] =>
    lines.filter(({ object }) => object === 'hermes.session').map(({ id }) => id);

  it.each([
    [{}, 'archived=any'],
    [{ archived: 'false', platform: ['telegram', 'slack'] }, 'platform=telegram,slack'],
    [{ search: 'readiness probe' }, 'archived=any&search=readiness probe'],
    [
      { include_children: true, since: '2026-04-01', until: '2026-05-01' },
      'archived=any&include_children=true&since=2026-04-01&until=2026-05-01',
    ],
  ])('is what the list selects: %j', async (body, query) => {
    const expected: string[] = [];
    for (let after: string | null = ''; after !== null;) {
      const page: SessionListResponse = await server.json(
        `/v1/sessions?limit=200&sort=started_at&${query}${after === '' ? '' : `&after=${after}`}`,
      );
      expected.push(...page.data.map(({ id }) => id));
      after = page.next_cursor;
    }
    expect(expected.length).toBeGreaterThan(10);
    const lines = await linesOf(await ask(server, '/v1/sessions/export', body));
    expect(idsIn(lines)).toEqual(expected);
  });

  it('has every message of its chains', async () => {
    const lines = await linesOf(
      await ask(server, '/v1/sessions/export', { include_children: true, include_inactive: true }),
    );
    const db = new Sqlite(path, { readonly: true });
    const stored = db
      .prepare("SELECT id FROM messages WHERE display_kind IS NOT 'hidden' ORDER BY id")
      .pluck()
      .all();
    db.close();
    const taken = lines.filter(({ object }) => object === 'hermes.message').map(({ id }) => Number(id));
    expect(taken.sort((a, b) => a - b)).toEqual(stored);
    const whole = await linesOf(await ask(server, '/v1/sessions/export', { lineage: true }));
    const tips = await linesOf(await ask(server, '/v1/sessions/export', {}));
    expect(whole.length).toBeGreaterThan(tips.length);
    expect(new Set(idsIn(whole)).size).toBe(idsIn(whole).length);
  });

  it('can be compressed', async () => {
    const response = await ask(server, '/v1/sessions/export', { platform: ['telegram'], gzip: true });
    expect(response.headers.get('content-type')).toBe('application/gzip');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename=sessions.jsonl.gz');
    const text = gunzipSync(Buffer.from(await response.arrayBuffer())).toString();
    expect(text).toBe(await (await ask(server, '/v1/sessions/export', { platform: ['telegram'] })).text());
  });

  it('is named ids in their order', async () => {
    const { data } = await server.json<SessionListResponse>('/v1/sessions?limit=3');
    const ids = data.map(({ id }) => id).reverse();
    expect(idsIn(await linesOf(await ask(server, '/v1/sessions/export', { ids })))).toEqual(ids);
    const response = await server.post('/v1/sessions/export', { ids: [...ids, 'nobody'] });
    expect([response.status, response.body]).toMatchObject([404, { error: { code: 'session_not_found' } }]);
  });

  it.each([
    [{ ids: [] }, 'ids'],
    [{ ids: ['a'], platform: ['cli'] }, 'platform'],
    [{ platform: 'cli' }, 'platform'],
    [{ since: 'soon' }, 'since'],
    [{ gzip: 'yes' }, 'gzip'],
    [{ archived: true }, 'archived'],
    [{ format: 'html' }, 'format'],
  ])('is refused where it makes no sense: %j', async (body, param) => {
    const response = await server.post('/v1/sessions/export', body);
    expect([response.status, response.body]).toMatchObject([400, { error: { param } }]);
  });

  it('is of all profiles, with ids that occur twice', async () => {
    const home = temporaryFolder();
    writeProfile(home, { a: 1, twin: 3 });
    writeProfile(join(home, 'profiles', 'other'), { b: 2, twin: 4 });
    const both = await TestServer.start(join(home, 'state.db'), { PROFILES: 'on' });
    expect(idsIn(await linesOf(await ask(both, '/v1/sessions/export', {})))).toEqual([
      'a',
      'b',
      'twin',
      'twin',
    ]);
    expect(idsIn(await linesOf(await ask(both, '/v1/sessions/export', { profile: ['other'] })))).toEqual([
      'b',
      'twin',
    ]);
    await both.close();
  });
});
