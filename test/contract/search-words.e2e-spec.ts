import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { MessageListResponse } from '../../src/sessions/dto/message-list.response.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { LAYOUTS } from '../support/breadth.js';
import { hour, onceWritten, say } from '../support/histories.js';
import { TestServer } from '../support/server.js';

/** What is said, each in a session of its own, and all in another one. */
const SAID = {
  smile: 'all done🙂 thanks',
  robot: '🤖deploy finished',
  skin: '👍🏽great work',
  between: 'ship🥳party soon',
  isolate: 'call \u2068John\u2069 Smith now',
  'right-to-left': '\u2067שלום\u2069',
  currency: '₽100 ₿5',
  russian: 'это мой друг',
  plural: 'это мои друзья',
  yo: 'всё ещё',
  glued: '买йогурт吧',
  vi: '学习Việt语',
  french: 'le café naïve',
  decomposed: 'un cafe\u0301',
  greek: 'Ο ΟΔΟΣ.Α είναι, Προσθήκη',
  small: 'ο λόγος',
  micro: '5 \u00b5m',
  vowelled: 'مَرْحَبًا',
  my: 'मेरा काम',
  donation: 'आज दान करो',
  server: 'सर्वर बंद',
  stone: 'கல் எங்கே',
} as const;

type Name = keyof typeof SAID;

describe.each(LAYOUTS)('words of schema version %d', (version) => {
  let server: TestServer;
  let path: string;

  beforeAll(async () => {
    path = onceWritten(`words ${version}`, (file) => {
      const writer = HistoryWriter.create(file, version);
      for (const [at, [id, text]] of Object.entries(SAID).entries()) {
        writer.addSession({ id, source: 'cli', started_at: hour(at), title: `Title of ${id}` });
        say(writer, id, 'user', text, hour(at));
      }
      writer.addSession({ id: 'all', source: 'telegram', started_at: hour(40) });
      for (const text of Object.values(SAID)) say(writer, 'all', 'user', text, hour(40));
      writer.addSession({ id: 'titled', source: 'cli', started_at: hour(50), title: 'Ο ΝΟΜΟΣ του Ωμ' });
      writer.close();
    });
    server = await TestServer.start(path);
  });

  afterAll(() => server.close());

  async function found(text: string, more = {}): Promise<SessionListResponse> {
    const query = new URLSearchParams({ search: text, platform: 'cli', sort: 'started_at', ...more });
    return server.json<SessionListResponse>(`/v1/sessions?${query.toString()}`);
  }

  async function foundWithin(text: string): Promise<readonly unknown[]> {
    const query = new URLSearchParams({ search: text });
    const { data } = await server.json<MessageListResponse>(`/v1/sessions/all/messages?${query.toString()}`);
    return data.map(({ content }) => content);
  }

  it.each<readonly [string, readonly Name[]]>([
    ['done', ['smile']],
    ['"done thanks"', ['smile']],
    ['deploy', ['robot']],
    ['deploy*', ['robot']],
    ['"deploy finished"', ['robot']],
    ['finished NOT deploy', []],
    ['great', ['skin']],
    ['party', ['between']],
    ['part*', ['between']],
    ['"ship party soon"', ['between']],
    ['"ship part"*', ['between']],
    ['"ship soon"', []],
    ['John', ['isolate']],
    ['joh*', ['isolate']],
    ['\u2068John\u2069', ['isolate']],
    ['"call John Smith"', ['isolate']],
    ['"call \u2068John\u2069 smith"', ['isolate']],
    ['שלום', ['right-to-left']],
    ['100', ['currency']],
    ['мой', ['russian']],
    ['мои', ['plural']],
    ['друг NOT мои', ['russian']],
    ['ВСЁ', ['yo']],
    ['все', []],
    ['йогурт', ['glued']],
    ['Việt', ['vi']],
    ['viet', []],
    ['cafe', ['french', 'decomposed']],
    ['CAFÉ', ['french', 'decomposed']],
    ['ΠΡΟΣ*', ['greek']],
    ['προς*', ['greek']],
    ['οδος', ['greek']],
    ['ΟΔΟΣ', ['greek']],
    ['λόγοσ', ['small']],
    ['\u03bcm', ['micro']],
    ['مَرْحَبًا', ['vowelled']],
    ['مرحبا', []],
    ['मीरा', []],
    ['मेरा', ['my']],
    ['दिन', []],
    ['दान', ['donation']],
    ['सर्वर', ['server']],
    ['காலை', []],
    ['கல்', ['stone']],
  ])('are found in the list, and marked, and in their session: %s', async (text, names) => {
    const { data, total, search_incomplete } = await found(text);
    expect([data.map(({ id }) => id), total, search_incomplete]).toEqual([names, names.length, undefined]);
    for (const { match } of data) expect(match?.snippet).toContain('<mark>');
    expect(await foundWithin(text)).toEqual(names.map((name) => SAID[name]));
  });

  it.each(['ΝΟΜΟΣ', 'νομος', 'νόμος', 'ΝΌΜΟΣ', 'μος του'])('are found in titles: %s', async (text) => {
    const { data } = await found(text, { search_in: 'titles' });
    expect(data.map(({ id }) => id)).toEqual(['titled']);
    expect(data[0]?.match?.snippet).toContain('<mark>');
  });

  it('are found that are said while it runs', async () => {
    expect((await found('йод')).total).toBe(0);
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'later', source: 'cli', started_at: hour(90) });
    say(writer, 'later', 'user', '卖йод吧, NAÏVE吧, ready🥳\u2068Anna\u2069', hour(90));
    writer.close();
    await server.settled();
    for (const text of ['йод', 'naive', 'ready', '"ready anna"'])
      expect((await found(text, { since: new Date(hour(80) * 1000).toISOString() })).total).toBe(1);
  });
});
