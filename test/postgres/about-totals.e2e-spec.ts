import { join } from 'node:path';
import { writeDemoHistory } from '../../src/demo/demo-history.js';
import { PostgresConnection } from '../../src/stores/postgres/connection/postgres-connection.js';
import type { Few } from '../../src/stores/postgres/search/hit-estimate.js';
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

/** What each message has to be read for that may have it. */
const READ = [
  '"docker compose"',
  '"in the"',
  'a OR "in the"',
  '"to the" NOT docker',
  '"the cluster*"',
  '回滚步骤',
  '"nobody says the"',
];

/** Counts nothing that it need not, and everything. */
const NOTHING = { entries: 0, read: 0 };
const EVERYTHING = { entries: 1e9, read: 1e9 };

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

  /** @param few what is always counted. */
  const search = (
    text: string,
    total: TotalPrecision,
    { few = NOTHING, filter = {}, ...request }: Partial<Asked> = {},
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

  const expectSamePages = async (text: string, sort: SessionSort, other: Partial<Asked>): Promise<void> => {
    for (const filter of FILTERS) {
      let after: SessionPage['next'] = null;
      do {
        const start = { after: after ?? undefined };
        const request = { filter, sort, start, limit: 30 };
        const about = await search(text, 'about', request);
        const page = await search(text, 'exact', { ...request, ...other });
        expect(idsOf(about)).toEqual(idsOf(page));
        after = page.next;
      } while (after !== null);
    }
  };

  it.each(WORDS.flatMap((text) => SORTS.map((sort) => [text, sort] as const)))(
    'has the same pages: %s, by %s',
    (text, sort) => expectSamePages(text, sort, {}),
  );

  it.each(READ.flatMap((text) => SORTS.slice(1).map((sort) => [text, sort] as const)))(
    'has the same pages where texts have to be read: %s, by %s',
    (text, sort) => expectSamePages(text, sort, {}),
  );

  it.each(READ)(
    'has what was begun last in front where texts have to be read, behind titles, counted or not: %s',
    async (text) => {
      await expectSamePages(text, 'relevance', { total: 'about', few: EVERYTHING });
      const { entries } = await search(text, 'about', { limit: 100 });
      const orders = entries.map(({ place }) => [place.value, place.startedAt]);
      expect(orders).toEqual(orders.toSorted(([a = 0, b = 0], [c = 0, d = 0]) => c - a || d - b));
      const all = await search(text, 'about', { limit: 1000 });
      expect(all.entries.slice(0, 100)).toEqual(entries);
      const exact = await search(text, 'exact', { limit: 1000 });
      expect(all.entries.map(({ session }) => session.id).toSorted()).toEqual(
        exact.entries.map(({ session }) => session.id).toSorted(),
      );
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

  it.each(READ)('goes on where a page of exact totals ended: %s', async (text) => {
    const { next } = await search(text, 'exact', { limit: 1 });
    const page = await search(text, 'about', { few: EVERYTHING, start: { after: next ?? undefined } });
    expect(page.next?.sort ?? 'relevance').toBe('relevance');
  });

  it.each([
    ['the', {}],
    ['the', { archived: 'any' }],
    ['"in the"', {}],
    ['"in the"', { archived: 'any' }],
    ['部署', {}],
  ] as const)('says so, and is not far off: %s %j', async (text, filter) => {
    const exact = await search(text, 'exact', { filter });
    const about = await search(text, 'about', { filter });
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

  it('is exact where there are few, and where nothing is known of the words', async () => {
    const exact = await search('the', 'exact');
    const few = await search('the', 'about', { few: { entries: 1000, read: 0 } });
    expect([few.total, few.isTotalAbout]).toEqual([exact.total, undefined]);
    const read = await search('"in the"', 'about', { few: { entries: 0, read: 1000 } });
    expect([read.total, read.isTotalAbout]).toEqual([(await search('"in the"', 'exact')).total, undefined]);
    await runSql(host.url, `UPDATE pg_class SET reltuples = -1 WHERE relname = 'session_words'`);
    expect((await search('the', 'about')).isTotalAbout).toBeUndefined();
  });
});

interface Asked extends Pick<SessionPageRequest, 'sort' | 'start' | 'limit' | 'total'> {
  readonly few: Few;
  readonly filter: Partial<SessionFilter>;
}
