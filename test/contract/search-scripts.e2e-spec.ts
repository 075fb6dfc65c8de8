import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { LAYOUTS } from '../support/breadth.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { hour, onceWritten, say } from '../support/histories.js';
import { TestServer } from '../support/server.js';

/** What is said, each in a session of its own. */
const SAID = {
  'chinese-around': '修改youer服务端的计划',
  'chinese-before': '我们要用API',
  'chinese-after': 'Docker容器启动失败',
  'chinese-twice': 'Python写的API调用K8s集群',
  japanese: 'データベースをSQLiteに移行',
  'long-vowel': 'サーバーNginxを再起動',
  year: '2026年の予定',
  month: '今年11月の締切',
  korean: '서버에서Redis를 씁니다',
  thai: 'ผมใช้Kafkaทุกวัน',
  'two-letters': '用Go语言',
  accent: '在Café里',
  phrase: '看看docker compose文件',
  version: '升级到v2.5版本',
  apart: 'docker容器compose',
  grows: '看K8S部署 İstanbul',
  plain: 'A dockerised apification of the 20260 redistribution',
  heart: 'heart ❤ ok',
  'drawn-heart': 'red heart ❤️ ok',
  box: 'box ☑ ok',
  burning: 'love ❤️‍🔥 it',
  flag: 'flag 🇩🇪 ok',
  arrow: 'go → ok',
  sum: 'the ∑ of all',
  price: 'it costs 5€',
} as const;

const TITLES: ReadonlyMap<string, string> = new Map([
  ['plain', 'Il mio Caffè latte'],
  ['heart', 'ÜBER ⭐️ alles'],
  ['box', 'ガーデンの計画'],
]);

type Name = keyof typeof SAID;

describe.each(LAYOUTS)('a search on schema version %d finds', (version) => {
  let server: TestServer;
  let path: string;

  beforeAll(async () => {
    path = onceWritten(`scripts ${version}`, (file) => {
      const writer = HistoryWriter.create(file, version);
      for (const [at, [id, text]] of Object.entries(SAID).entries()) {
        writer.addSession({ id, source: 'cli', started_at: hour(at), title: TITLES.get(id) ?? null });
        say(writer, id, 'user', text, hour(at));
      }
      writer.close();
    });
    server = await TestServer.start(path);
  });

  afterAll(() => server.close());

  async function found(
    text: string,
  ): Promise<{ readonly ids: readonly string[]; readonly marks: readonly string[] }> {
    const query = new URLSearchParams({ search: text, sort: 'started_at', limit: '200' });
    const { data, total, search_incomplete } = await server.json<SessionListResponse>(
      `/v1/sessions?${query.toString()}`,
    );
    expect([total, search_incomplete]).toEqual([data.length, undefined]);
    return {
      ids: data.map(({ id }) => id),
      marks: data.map(({ match }) => /<mark>(.*?)<\/mark>/u.exec(match?.snippet ?? '')?.[1] ?? ''),
    };
  }

  it.each<readonly [string, readonly Name[]]>([
    ['youer', ['chinese-around']],
    ['api', ['chinese-before', 'chinese-twice']],
    ['docker', ['chinese-after', 'phrase', 'apart']],
    ['python', ['chinese-twice']],
    ['k8s', ['chinese-twice', 'grows']],
    ['SQLite', ['japanese']],
    ['nginx', ['long-vowel']],
    ['2026', ['year']],
    ['11', ['month']],
    ['redis', ['korean']],
    ['kafka', ['thai']],
    ['go', ['two-letters', 'arrow']],
    ['cafe', ['accent']],
    ['dock*', ['chinese-after', 'phrase', 'apart', 'plain']],
    ['pyth* api', ['chinese-twice']],
    ['redi*', ['korean', 'plain']],
    ['"docker compose"', ['phrase']],
    ['v2.5', ['version']],
    ['docker NOT compose', ['chinese-after']],
    ['api NOT python', ['chinese-before']],
    ['python api', ['chinese-twice']],
    ['youer OR nginx', ['chinese-around', 'long-vowel']],
    ['oue', []],
    ['compos', []],
  ])('words that stand within another script: %s', async (text, names) => {
    expect((await found(text)).ids).toEqual(names);
  });

  it('parts of words, whatever letters stand beside them: k8s部署', async () => {
    expect(await found('k8s部署')).toEqual({ ids: ['grows'], marks: ['K8S部署'] });
  });

  it('and marks them', async () => {
    expect((await found('API')).marks).toEqual(['API', 'API']);
    expect((await found('"docker compose"')).marks).toEqual(['docker compose']);
  });

  it.each<readonly [string, readonly Name[]]>([
    ['❤', ['heart', 'drawn-heart', 'burning']],
    ['❤️', ['heart', 'drawn-heart', 'burning']],
    ['☑️', ['box']],
    ['❤️‍🔥', ['burning']],
    ['❤‍🔥', ['burning']],
    ['🇩🇪', ['flag']],
    ['🇫🇷', []],
    ['→', ['arrow']],
    ['∑', ['sum']],
    ['€', ['price']],
    ['"→"', ['arrow']],
    ['∑ OR €', ['sum', 'price']],
    // Beside words it is punctuation.
    ['→ costs', ['price']],
    ['+', []],
    ['$ =', []],
  ])('symbols: %s', async (text, names) => {
    expect((await found(text)).ids).toEqual(names);
  });

  it.each<readonly [string, Name]>([
    ['caffe', 'plain'],
    ['CAFFÈ', 'plain'],
    ['affe latt', 'plain'],
    ['uber', 'heart'],
    ['⭐', 'heart'],
    ['⭐️', 'heart'],
    ['ガーデン', 'box'],
  ])('titles as it finds messages: %s', async (text, name) => {
    expect((await found(text)).ids).toEqual([name]);
  });

  it('titles by letters that are others without their marks', async () => {
    expect((await found('カーテン')).ids).toEqual([]);
  });

  it('what is said while it runs', async () => {
    expect((await found('zebra')).ids).toEqual([]);
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'later', source: 'cli', started_at: hour(90) });
    say(writer, 'later', 'user', '他们的Zebra很多', hour(90));
    writer.close();
    await server.settled();
    expect((await found('zebra')).ids).toEqual(['later']);
  });
});
