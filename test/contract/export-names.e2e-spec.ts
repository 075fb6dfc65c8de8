import { join } from 'node:path';
import { parse } from 'content-disposition';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { ask } from '../support/ask.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { temporaryFolder, TestServer } from '../support/server.js';

describe('files of conversations', () => {
  it('are named by their session and its title, in whatever script they are', async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    for (const id of ['会话', '🚀', '../plan b'])
      writer.addSession({ id, source: 'cli', started_at: hour(20) });
    writer.addSession({ id: 'titled', source: 'cli', title: 'a/b: "部署" <计划>', started_at: hour(20) });
    writer.addSession({ id: 'long', source: 'cli', title: 'x'.repeat(100), started_at: hour(20) });
    writer.close();
    const server = await TestServer.start(path);
    const nameOf = async (id: string): Promise<string> => {
      const { headers } = await ask(server, `/v1/sessions/${encodeURIComponent(id)}/export`);
      const { filename = '' } = parse(headers.get('content-disposition') ?? '').parameters;
      return filename;
    };
    expect([await nameOf('会话'), await nameOf('🚀'), await nameOf('../plan b')]).toEqual([
      '会话.jsonl',
      '🚀.jsonl',
      '.._plan_b.jsonl',
    ]);
    expect([await nameOf('titled'), await nameOf('long'), await nameOf('plain')]).toEqual([
      'titled-a_b___部署___计划_.jsonl',
      `long-${'x'.repeat(60)}.jsonl`,
      'plain-Garden_irrigation.jsonl',
    ]);
    const { headers } = await ask(server, '/v1/sessions/titled/export');
    // Whoever knows no other characters reads a name of ASCII, and everybody else the real one.
    expect(headers.get('content-disposition')).toMatch(
      /^attachment; filename="?[\x20-\x7e]+"?; filename\*=UTF-8''/,
    );
    await server.close();
  });

  it('are called as the list calls them where the whole conversation is taken, by whichever of its sessions', async () => {
    const path = join(temporaryFolder(), 'state.db');
    const writer = HistoryWriter.create(path, 25);
    for (const [name, titles] of Object.entries({
      last: [null, null, 'Slow orders'],
      first: ['Quick orders', null, null],
      both: ['Orders', null, 'Orders again'],
    })) {
      for (const [at, title] of titles.entries()) {
        writer.addSession({
          ...{ id: `${name}-${at}`, source: 'cli', title, started_at: hour(at) },
          parent_session_id: at === 0 ? null : `${name}-${at - 1}`,
          ended_at: at === 2 ? null : hour(at + 1),
          end_reason: at === 2 ? null : 'compression',
        });
        say(writer, `${name}-${at}`, 'user', `This takes long, part ${at}`, hour(at));
      }
    }
    writer.close();
    const server = await TestServer.start(path);
    const { data } = await server.json<SessionListResponse>('/v1/sessions');
    expect(data.map(({ title }) => title).sort()).toEqual(['Orders again', 'Quick orders', 'Slow orders']);
    for (const { id, title } of data) {
      const called = title ?? '';
      for (const member of [0, 1, 2].map((at) => id.replace(/\d$/, String(at)))) {
        const taken = `/v1/sessions/${member}/export?lineage=true`;
        const html = await ask(server, `${taken}&format=html`);
        const { filename } = parse(html.headers.get('content-disposition') ?? '').parameters;
        expect(filename).toBe(`${member}-${called.replaceAll(' ', '_')}.html`);
        const page = await html.text();
        expect(/<title>.*<\/title>/.exec(page)?.[0]).toBe(`<title>${called}</title>`);
        expect(/<h1[^>]*>(.*?)<\/h1>/.exec(page)?.[1]).toBe(called);
        const markdown = await (await ask(server, `${taken}&format=markdown`)).text();
        expect(markdown.match(/^# .*/gm)).toEqual([`# ${called}`, `# ${called}`, expect.any(String)]);
        expect(markdown).not.toContain('# This takes long');
      }
    }
    await server.close();
  });
});
