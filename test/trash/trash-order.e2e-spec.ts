import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { BulkSessionsResponse } from '../../src/sessions/dto/bulk-sessions.response.js';
import type { PruneSessionsResponse } from '../../src/sessions/dto/prune-sessions.response.js';
import type { SessionDetailResponse } from '../../src/sessions/dto/session-detail.response.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { filesIn, trashOf } from '../support/trash.js';

describe('what is deleted together, and branched off one from the other', () => {
  let server: TestServer;

  beforeEach(async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    const ended = { ended_at: hour(70), end_reason: 'user_exit' };
    for (const [at, id, parent] of [
      [60, 'trunk', null],
      [61, 'limb', 'trunk'],
      [62, 'twig', 'limb'],
    ] as const) {
      const model_config = parent === null ? null : JSON.stringify({ _branched_from: parent });
      const session = {
        id,
        source: 'webhook',
        started_at: hour(at),
        parent_session_id: parent,
        model_config,
      };
      writer.addSession({ ...session, ...ended });
      say(writer, id, 'user', `In the ${id}`, hour(at));
    }
    writer.close();
    server = await TestServer.start(path, { TRASH_DIR: join(temporaryFolder(), 'trash') });
  });

  afterEach(() => server.close());

  async function parents(): Promise<readonly (string | null)[]> {
    const found: (string | null)[] = [];
    for (const id of ['trunk', 'limb', 'twig'])
      found.push((await server.json<SessionDetailResponse>(`/v1/sessions/${id}`)).parent_session_id);
    return found;
  }

  const FILTER = { action: 'delete', filter: { platform: ['webhook'] }, trash: true };
  const PRUNE = { older_than: '1d', platform: ['webhook'], trash: true };

  async function runPlanned<T extends { readonly plan?: string | null }>(
    path: string,
    body: object,
  ): Promise<T> {
    const { plan } = (await server.post(path, body).expect(200)).body as T;
    return (await server.post(path, { ...body, dry_run: false, plan }).expect(200)).body as T;
  }

  it.each([
    [
      'named',
      async () => {
        const body = { action: 'delete', ids: ['limb', 'trunk', 'missing', 'twig'], trash: true };
        const { data } = (await server.post('/v1/sessions/bulk', body).expect(200))
          .body as BulkSessionsResponse;
        expect(data.map(({ id, ok }) => [id, ok])).toEqual([
          ['limb', true],
          ['trunk', true],
          ['missing', false],
          ['twig', true],
        ]);
      },
    ],
    [
      'filtered',
      async () => {
        const { succeeded, data } = await runPlanned<BulkSessionsResponse>('/v1/sessions/bulk', FILTER);
        expect([succeeded, data.map(({ id }) => id)]).toEqual([3, ['twig', 'limb', 'trunk']]);
      },
    ],
    [
      'pruned',
      async () => {
        const { count, failed } = await runPlanned<PruneSessionsResponse>('/v1/sessions/prune', PRUNE);
        expect([count, failed]).toEqual([3, []]);
      },
    ],
  ] as const)(
    'hang together again where all are put back as the trash lists them: %s',
    async (_way, remove) => {
      await remove();
      for (const { id } of await trashOf(server))
        expect((await server.post(`/v1/trash/${id}/restore`, {}).expect(200)).body).toMatchObject({
          detached: 0,
        });
      expect(await parents()).toEqual([null, 'trunk', 'limb']);
    },
  );
});

it('a plan that is carried out twice at a time leaves each conversation in the trash once', async () => {
  const path = smallHistory(25);
  const writer = HistoryWriter.open(path);
  for (let at = 0; at < 30; at++) {
    const id = `hook-${at}`;
    const ended = { ended_at: hour(70), end_reason: 'user_exit' };
    writer.addSession({ id, source: 'webhook', started_at: hour(at), ...ended });
    say(writer, id, 'user', `Called ${at}`, hour(at));
  }
  writer.close();
  const folder = join(temporaryFolder(), 'trash');
  const server = await TestServer.onFile(path, { TRASH_DIR: folder });
  const body = { older_than: '1d', platform: ['webhook'], trash: true };
  const { plan } = (await server.post('/v1/sessions/prune', body).expect(200)).body as PruneSessionsResponse;
  const run = { ...body, dry_run: false, plan };
  const answers = await Promise.all([1, 2].map(() => server.post('/v1/sessions/prune', run).expect(200)));
  const told = answers.map((answer) => answer.body as PruneSessionsResponse);
  // Each was taken by one of them, and refused to the other one.
  expect(told.map(({ count, failed }) => count + failed.length)).toEqual([30, 30]);
  expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(30);
  expect(await trashOf(server, 'limit=100')).toHaveLength(30);
  expect(filesIn(folder)).toHaveLength(30);
  await server.close();
});
