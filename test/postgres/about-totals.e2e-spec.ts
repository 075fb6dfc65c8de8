import { join } from 'node:path';
import { writeDemoHistory } from '../../src/demo/demo-history.js';
import { PostgresConnection } from '../../src/stores/postgres/connection/postgres-connection.js';
import { SessionSearch } from '../../src/stores/postgres/search/session-search.js';
import { Deadline } from '../../src/sessions/search/deadline.js';
import type {
  SessionFilter,
  SessionPage,
  SessionPageRequest,
  SessionSort,
  TotalPrecision,
} from '../../src/sessions/session-query.js';
import { runSql } from '../support/database.js';
import { temporaryFolder } from '../support/server.js';
import { TEST_ORIGIN } from '../support/shipped.js';
import { ShippedHost } from '../support/shipped-host.js';

const SORTS: readonly SessionSort[] = ['relevance', '-last_active_at', 'last_active_at', '-started_at'];

const WORDS = [
  'the',
  'kubernetes',
  'docker the',
  'docker OR garden',
  'the NOT a',
  'deploy*',
  'nowhere-at-all',
];

const FILTERS: readonly Partial<SessionFilter>[] = [
  {},
  { archived: 'any' },
  { includeChildren: true },
  { platforms: ['cli', 'telegram'] },
];

describe('a search whose total is told as about so many', () => {
  let host: ShippedHost;
  let connection: PostgresConnection;

  beforeAll(async () => {
    const path = join(temporaryFolder(), 'state.db');
    writeDemoHistory(path, { conversations: 300, now: 1_777_636_800, seed: 7 });
    host = await ShippedHost.start(path);
    await host.offline();
    await runSql(host.url, 'VACUUM (ANALYZE) sessions, conversations, session_words, session_counts');
    connection = new PostgresConnection({
      ...{ url: host.url, replicaUrls: [], poolSize: 1, timeLimit: 30_000 },
    });
  });

  afterAll(() => connection.close());

  /** @param few entries, fewer of which are counted. */
  const search = (
    text: string,
    total: TotalPrecision,
    { few = 0, filter = {}, ...request }: Partial<Asked> = {},
  ): Promise<SessionPage> =>
    connection.snapshot((manager) =>
      new SessionSearch(manager, new Deadline(30_000), few).page(
        {
          ...{ sort: 'relevance', limit: 5, start: { offset: 0 }, total, ...request },
          filter: { ...{ access: {}, includeChildren: false, archived: 'false', search: text }, ...filter },
        },
        text,
      ),
    );

  const idsOf = ({ entries, next }: SessionPage): unknown => [entries.map(({ session }) => session.id), next];

  it.each(WORDS.flatMap((text) => SORTS.map((sort) => [text, sort] as const)))(
    'has the same pages: %s, by %s',
    async (text, sort) => {
      for (const filter of FILTERS) {
        let after: SessionPage['next'] = null;
        do {
          const start = { after: after ?? undefined };
          const exact = await search(text, 'exact', { filter, sort, start });
          const about = await search(text, 'about', { filter, sort, start });
          expect(idsOf(about)).toEqual(idsOf(exact));
          after = exact.next;
        } while (after !== null);
      }
    },
  );

  it('has the same pages by how many entries are skipped', async () => {
    for (const sort of SORTS) {
      const request = { sort, start: { offset: 7 } };
      expect(idsOf(await search('the', 'about', request))).toEqual(
        idsOf(await search('the', 'exact', request)),
      );
    }
  });

  it('says so, and is not far off', async () => {
    const exact = await search('the', 'exact');
    const about = await search('the', 'about');
    expect([exact.isTotalAbout, about.isTotalAbout]).toEqual([undefined, true]);
    expect(about.total).toBeGreaterThan(exact.total / 2);
    expect(about.total).toBeLessThan(exact.total * 2);
  });

  it('is exact for whoever may not know of everything, who learns nothing of the words of others', async () => {
    for (const access of [
      { userId: 'ana' },
      { platforms: ['cli'] },
      { origins: [TEST_ORIGIN] },
      { profiles: ['default'] },
    ])
      expect((await search('the', 'about', { filter: { access } })).isTotalAbout).toBeUndefined();
  });

  it('is exact where there are few, where texts have to be read, and where nothing is known of the words', async () => {
    const exact = await search('the', 'exact');
    const few = await search('the', 'about', { few: 1000 });
    expect([few.total, few.isTotalAbout]).toEqual([exact.total, undefined]);
    expect((await search('"docker compose"', 'about')).isTotalAbout).toBeUndefined();
    await runSql(host.url, `UPDATE pg_class SET reltuples = -1 WHERE relname = 'session_words'`);
    expect((await search('the', 'about')).isTotalAbout).toBeUndefined();
  });
});

interface Asked extends Pick<SessionPageRequest, 'sort' | 'start' | 'limit'> {
  readonly few: number;
  readonly filter: Partial<SessionFilter>;
}
