import { parse } from 'content-disposition';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { ask } from '../support/ask.js';
import { hour, smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';

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
});
