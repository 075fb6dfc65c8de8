import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { hour } from '../support/histories.js';
import { callTool, connectMcp } from '../support/mcp.js';
import { temporaryFolder, TestServer } from '../support/server.js';

const DAY = 86_400;

/** Sessions that begin each day, for longer than one answer has days, at several hours. */
function manyDays(): string {
  const path = join(temporaryFolder(), 'state.db');
  const writer = HistoryWriter.create(path, 25);
  writer.together(() => {
    const first = Date.UTC(2026, 2, 1) / 1000;
    for (let day = 0; day < 40; day++)
      for (const hour of [2, 12, 22])
        writer.addSession({
          id: `${day}-${hour}`,
          source: 'cli',
          started_at: first + day * DAY + hour * 3600,
        });
  });
  writer.close();
  return path;
}

interface Statistics {
  readonly total: { readonly sessions: number };
  readonly by_day: readonly { readonly day: string; readonly sessions: number }[];
}

describe('statistics of more days than one answer has', () => {
  it.each(['America/New_York', 'Asia/Tokyo', undefined])(
    'are told by another call, which leaves out none and counts none twice, in %s',
    async (timeZone) => {
      const server = await TestServer.onFile(manyDays());
      const client = await connectMcp(server);
      const input = timeZone === undefined ? {} : { time_zone: timeZone };
      const { structure: newest, text } = await callTool<Statistics>(client, 'history_statistics', input);
      const call = /earlier days omitted; for those: history_statistics (\{.*\})/.exec(text)?.[1] ?? '';
      const earlier = JSON.parse(call) as object;
      const { structure: oldest } = await callTool<Statistics>(client, 'history_statistics', earlier);
      const days = [...oldest.by_day, ...newest.by_day];
      expect(new Set(days.map(({ day }) => day)).size).toBe(days.length);
      expect(days.reduce((sum, { sessions }) => sum + sessions, 0)).toBe(newest.total.sessions);
      await client.close();
      await server.close();
    },
  );
});

describe('the cost of some sessions', () => {
  it('is of each what was paid, or else what was estimated', async () => {
    const path = join(temporaryFolder(), 'state.db');
    const writer = HistoryWriter.create(path, 25);
    for (const [id, estimated, actual] of [
      ['paid', 1, 0.1],
      ['estimated', 2, null],
      ['other', 0.2, null],
    ] as const)
      writer.addSession({
        ...{ id, source: 'cli', started_at: hour(1) },
        ...{ estimated_cost_usd: estimated, actual_cost_usd: actual },
      });
    writer.close();
    const server = await TestServer.onFile(path);
    const client = await connectMcp(server);
    const { structure, text } = await callTool<{ readonly total: object }>(client, 'history_statistics', {});
    expect(structure.total).toMatchObject({ cost_usd: 2.3 });
    expect(text).toContain('2.30 US dollars');
    await client.close();
    await server.close();
  });
});
