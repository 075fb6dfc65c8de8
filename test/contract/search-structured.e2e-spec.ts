import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { LAYOUTS } from '../support/breadth.js';
import { hour, onceWritten, say } from '../support/histories.js';
import { TestServer } from '../support/server.js';
import { cutTrigramsAtNul } from '../support/trigrams.js';

/** What somebody said beside a picture, as Hermes stores it. */
function withPicture(text: string): string {
  const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } };
  return `\0json:${JSON.stringify([{ type: 'text', text }, picture])}`;
}

/** As Python writes JSON. */
function toAscii(json: string): string {
  return json.replace(/[^\x00-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

describe.each(LAYOUTS)('a search on schema version %d of what was said beside pictures', (version) => {
  let server: TestServer;
  let path: string;

  function add(writer: HistoryWriter, id: string, content: string): void {
    writer.addSession({ id, source: 'cli', started_at: hour(50) });
    say(writer, id, 'user', content, hour(50));
  }

  beforeAll(async () => {
    path = onceWritten(`structured ${version}`, (file) => {
      const writer = HistoryWriter.create(file, version);
      add(writer, 'cut', withPicture('看一下 服务端日志 picture zebrafish'));
      add(writer, 'cut-other', withPicture('请看这张图片 deploy nginx'));
      cutTrigramsAtNul(writer.db);
      const german =
        'eine große Überraschung im Café, Straße naïve Übergrößen, sauer\nZitrone und „angeführt“';
      add(writer, 'german', toAscii(withPicture(german)));
      add(writer, 'russian', toAscii(withPicture('Привет мир, переименовывание')));
      add(writer, 'vietnamese', toAscii(withPicture('Tiếng Việt'.normalize('NFD'))));
      add(writer, 'chinese', toAscii(withPicture('用API调用K8s，RÉSUMÉ说好 目录\\文件 ❤️‍🔥说')));
      add(writer, 'unescaped', withPicture('目录\\文件 用Zebra'));
      add(writer, 'whole', withPicture('还有服务端日志'));
      add(writer, 'plain', '服务端日志');
      writer.close();
    });
    server = await TestServer.start(path);
  });

  afterAll(() => server.close());

  async function found(text: string): Promise<readonly string[]> {
    const query = new URLSearchParams({ search: text, sort: 'started_at' });
    const { data, search_incomplete } = await server.json<SessionListResponse>(
      `/v1/sessions?${query.toString()}`,
    );
    expect(search_incomplete).toBeUndefined();
    return data.map(({ id }) => id).sort();
  }

  it.each(
    ['Überraschung', 'überraschung', 'uberraschung', 'ubeRRaschung', 'Uberra*', 'große', 'naive']
      .concat(['café', 'cafe', 'CAFE', 'caf*', 'cafe*', 'übergrößen', 'ubergro*', 'zitrone'])
      .concat(['"sauer zitrone"', '"sauer zitro"*', 'angefuhrt']),
  )('that was written in ASCII finds the German of it: %s', async (text) => {
    expect(await found(text)).toEqual(['german']);
  });

  it.each<readonly [string, readonly string[]]>([
    ['caf', []],
    ['berraschung', []],
    ['grosse', []],
    ['nzitrone', []],
    ['"sauer zitrone" NOT cafe', []],
    ['uberraschung OR привет', ['german', 'russian']],
    ['ПРИВЕТ', ['russian']],
    ['приве*', ['russian']],
    ['"привет мир"', ['russian']],
    ['"мир привет"', []],
    ['переименовывание', ['russian']],
    ['viet', ['vietnamese']],
    ['Việt'.normalize('NFD'), ['vietnamese']],
    // One character with two marks is a letter of its own.
    ['Việt'.normalize('NFC'), []],
    ['api', ['chinese']],
    ['apis', []],
    ['k8s', ['chinese']],
    ['RÉSUMÉ说好', ['chinese']],
    ['résumé说好', ['chinese']],
    ['目录\\文件', ['chinese', 'unescaped']],
    ['❤️‍🔥说', ['chinese']],
    ['zebra', ['unescaped']],
  ])('that was written in ASCII finds %s', async (text, ids) => {
    expect(await found(text)).toEqual(ids);
  });

  it('that was written in ASCII finds what is said while it runs', async () => {
    expect(await found('ananas')).toEqual([]);
    const writer = HistoryWriter.open(path);
    add(writer, 'later', toAscii(withPicture('Äpfel und Änanas')));
    writer.close();
    await server.settled();
    expect(await found('ananas')).toEqual(['later']);
  });

  it.each([
    ['服务端日志', ['cut', 'plain', 'whole']],
    ['服务', ['cut', 'plain', 'whole']],
    ['zebrafish', ['cut']],
    ['服务端日志 NOT zebrafish', ['plain', 'whole']],
    ['这张图片', ['cut-other']],
    ['请看这张图片 deploy', ['cut-other']],
    ['图片图片', []],
  ])('of which an older SQLite indexed no parts finds %s', async (text, ids) => {
    expect(await found(text)).toEqual(ids);
  });
});
